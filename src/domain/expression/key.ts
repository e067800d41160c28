import { MqdynError, usageAt } from '../errors.ts';
import type { AttributeValue } from '../item.ts';
import { isNumber } from '../json/scalars.ts';
import type { Placeholders } from './placeholders.ts';
import { tokenize } from './tokens.ts';

/** A key attribute and the type that its values have. */
export type KeyAttribute = { name: string; type: 'S' | 'N' | 'B' };

/** Condition on the sort key. `equals` is set when it names exactly one item. */
export type SortKeyCondition = { expression: string; equals?: AttributeValue };

const OPERATORS = ['=', '<', '<=', '>', '>='];
const FORMS = "use '= VALUE', '< VALUE', '<= VALUE', '> VALUE', '>= VALUE', 'begins_with VALUE' or 'between A and B'";

/** A key value as typed on the command line, in the type that the key has: text, digits, or base64 for binary. */
export function keyValue(attribute: KeyAttribute, text: string, flag: string): AttributeValue {
  if (attribute.type === 'N' && !isNumber(text)) {
    throw new MqdynError('E_USAGE', `${flag}: ${attribute.name} is a number, "${text}" is not`);
  }
  if (attribute.type === 'B' && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new MqdynError('E_USAGE', `${flag}: ${attribute.name} is binary; write it in base64`);
  }
  return attribute.type === 'S' ? { S: text } : attribute.type === 'N' ? { N: text } : { B: text };
}

/**
 * Reads a condition on the sort key: an operator and a value, the value with or without quotes. A topic needs none, so a
 * value is everything after the operator.
 */
export function parseSortKey(text: string, attribute: KeyAttribute, placeholders: Placeholders): SortKeyCondition {
  const flag = '--sort-key';
  const name = placeholders.name(attribute.name);
  const place = (raw: string) => placeholders.value(keyValue(attribute, bare(raw, flag), flag));

  const between = /^\s*between\s+('(?:[^']|'')*'|"(?:[^"]|"")*"|.+?)\s+and\s+(.+?)\s*$/is.exec(text);
  if (between) {
    const [, low = '', high = ''] = between;
    return { expression: `${name} BETWEEN ${place(low)} AND ${place(high)}` };
  }
  const prefix = /^\s*begins_with\s*(?:\(\s*(.+?)\s*\)|\s(.+?))\s*$/is.exec(text);
  if (prefix) return { expression: `begins_with(${name}, ${place(prefix[1] ?? (prefix[2] ?? '').trim())})` };
  const comparison = /^\s*(<=|>=|<>|==|[=<>](?![=>]))\s*(.+?)\s*$/s.exec(text);
  if (!comparison) throw usageAt(`${flag}: ${FORMS}`, text, 0);
  const [, typed = '', operand = ''] = comparison;
  const operator = typed === '==' ? '=' : typed;
  if (!OPERATORS.includes(operator)) throw usageAt(`${flag}: a sort key cannot be compared with ${operator}; ${FORMS}`, text, 0);
  const value = keyValue(attribute, bare(operand, flag), flag);
  const expression = `${name} ${operator} ${placeholders.value(value)}`;
  return operator === '=' ? { expression, equals: value } : { expression };
}

/** Takes the quotes off a quoted value. */
function bare(raw: string, flag: string): string {
  if (!/^['"]/.test(raw)) return raw;
  const [first, second] = tokenize(flag, raw);
  return first?.kind === 'string' && second?.kind === 'end' ? first.text : raw;
}
