import { Placeholders } from '../expression/placeholders.ts';
import type { AttributeValue, Item } from '../item.ts';
import { ATTRIBUTES, KEYS, type TableName } from '../records/tables.ts';

/** A condition in DynamoDB's own form. */
export type Condition = { expression: string; placeholders: Placeholders };

/** DynamoDB takes at most 300 operators and 4,096 bytes of expression; items of the backend have up to seven attributes. */
const MAX_COMPARISONS = 100;
const MAX_LENGTH = 3_500;

/** What is known of a table's items: a key attribute, and the attributes that somebody may add. */
export type ItemNames = { key: string; written: readonly string[] };

/** The condition that an item of a backend table is as it was read. */
export function isStill(table: TableName, before: Item | undefined): Condition | undefined {
  const placeholders = new Placeholders();
  const expression = isUnchanged(namesOf(table), before, placeholders);
  return expression === undefined ? undefined : { expression, placeholders };
}

export function namesOf(table: TableName): ItemNames {
  return { key: KEYS[table][0], written: ATTRIBUTES[table] };
}

/**
 * Holds as long as an item is as it was read: every attribute is the same, and what the backend could have added is not there.
 * Without an item it holds as long as there is none under the key. Undefined for an item with too much in it to compare.
 */
export function isUnchanged(
  { key, written }: ItemNames,
  before: Item | undefined,
  placeholders: Placeholders,
): string | undefined {
  if (before === undefined) return `attribute_not_exists(${placeholders.name(key)})`;
  const same = Object.entries(before).flatMap(([name, value]) => isSame(placeholders.name(name), value, placeholders));
  if (same.length > MAX_COMPARISONS) return undefined;
  const none = written
    .filter((name) => !Object.hasOwn(before, name))
    .map((name) => `attribute_not_exists(${placeholders.name(name)})`);
  const expression = [...same, ...none].join(' AND ');
  return expression.length > MAX_LENGTH ? undefined : expression;
}

/** Lists and maps are compared element by element: the embedded engine takes no two of them for equal. */
function isSame(path: string, value: AttributeValue, placeholders: Placeholders): string[] {
  if ('L' in value) {
    const elements = value.L.flatMap((element, at) => isSame(`${path}[${at}]`, element, placeholders));
    return [...hasSize(path, 'L', value.L.length, placeholders), ...elements];
  }
  if ('M' in value) {
    const members = Object.entries(value.M);
    const same = members.flatMap(([name, inner]) => isSame(`${path}.${placeholders.name(name)}`, inner, placeholders));
    return [...hasSize(path, 'M', members.length, placeholders), ...same];
  }
  return [`${path} = ${placeholders.value(value)}`];
}

function hasSize(path: string, type: 'L' | 'M', size: number, placeholders: Placeholders): string[] {
  const isOfType = `attribute_type(${path}, ${placeholders.value({ S: type })})`;
  return [isOfType, `size(${path}) = ${placeholders.value({ N: String(size) })}`];
}
