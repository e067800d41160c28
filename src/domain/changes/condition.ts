import { Placeholders } from '../expression/placeholders.ts';
import type { Item } from '../item.ts';
import { ATTRIBUTES, KEYS, type TableName } from '../records/tables.ts';

/** A condition in DynamoDB's own form. */
export type Condition = { expression: string; placeholders: Placeholders };

/** DynamoDB takes at most 300 operators and 4,096 bytes of expression; items of the backend have up to seven attributes. */
const MAX_ATTRIBUTES = 100;

/**
 * Holds as long as an item is as it was read: every attribute is the same, and what the backend could have added is not there.
 * Without an item it holds as long as there is none under the key. Undefined for an item with too many attributes to compare.
 * `shallow`: of maps and lists it only asks whether they are there, for the embedded engine, which calls no two of them equal.
 */
export function isStill(table: TableName, before: Item | undefined, { shallow = false } = {}): Condition | undefined {
  const placeholders = new Placeholders();
  if (before === undefined) {
    return { expression: `attribute_not_exists(${placeholders.name(KEYS[table][0]!)})`, placeholders };
  }
  const names = Object.keys(before);
  if (names.length > MAX_ATTRIBUTES) return undefined;
  const same = names.map((name) => {
    const value = before[name]!;
    const type = 'M' in value ? 'M' : 'L' in value ? 'L' : undefined;
    if (!shallow || type === undefined) return `${placeholders.name(name)} = ${placeholders.value(value)}`;
    return `attribute_type(${placeholders.name(name)}, ${placeholders.value({ S: type })})`;
  });
  const none = ATTRIBUTES[table]
    .filter((name) => !Object.hasOwn(before, name))
    .map((name) => `attribute_not_exists(${placeholders.name(name)})`);
  return { expression: [...same, ...none].join(' AND '), placeholders };
}
