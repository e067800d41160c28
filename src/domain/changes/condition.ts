import { Placeholders } from '../expression/placeholders.ts';
import type { Item } from '../item.ts';
import { ATTRIBUTES, KEYS, type TableName } from '../records/tables.ts';

/** A condition in DynamoDB's own form. */
export type Condition = { expression: string; placeholders: Placeholders };

/** DynamoDB takes at most 300 operators and 4,096 bytes of expression; items of the backend have up to seven attributes. */
const MAX_ATTRIBUTES = 100;

/** What is known of a table's items: a key attribute, and the attributes that somebody may add. */
export type ItemNames = { key: string; written: readonly string[] };

/** The condition that an item of a backend table is as it was read. */
export function isStill(table: TableName, before: Item | undefined): Condition | undefined {
  const placeholders = new Placeholders();
  const expression = isUnchanged(namesOf(table), before, placeholders);
  return expression === undefined ? undefined : { expression, placeholders };
}

export function namesOf(table: TableName): ItemNames {
  return { key: KEYS[table][0]!, written: ATTRIBUTES[table] };
}

/**
 * Holds as long as an item is as it was read: every attribute is the same, and what the backend could have added is not there.
 * Without an item it holds as long as there is none under the key. Undefined for an item with too many attributes to compare.
 */
export function isUnchanged(
  { key, written }: ItemNames,
  before: Item | undefined,
  placeholders: Placeholders,
): string | undefined {
  if (before === undefined) return `attribute_not_exists(${placeholders.name(key)})`;
  const names = Object.keys(before);
  if (names.length > MAX_ATTRIBUTES) return undefined;
  const same = names.map((name) => `${placeholders.name(name)} = ${placeholders.value(before[name]!)}`);
  const none = written
    .filter((name) => !Object.hasOwn(before, name))
    .map((name) => `attribute_not_exists(${placeholders.name(name)})`);
  return [...same, ...none].join(' AND ');
}
