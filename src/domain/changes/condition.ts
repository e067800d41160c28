import { Placeholders } from '../expression/placeholders.ts';
import type { AttributeValue, Item } from '../item.ts';
import { ATTRIBUTES, KEYS, type TableName } from '../records/tables.ts';

/** A condition in DynamoDB's own form. */
export type Condition = { expression: string; placeholders: Placeholders };

/** DynamoDB takes at most 300 operators and 4,096 bytes of expression; items of the backend have up to seven attributes. */
const MAX_COMPARISONS = 100;

/**
 * Holds as long as an item is as it was read: every attribute is the same, and what the backend could have added is not there.
 * Without an item it holds as long as there is none under the key. Undefined for an item with too much in it to compare.
 */
export function isStill(table: TableName, before: Item | undefined): Condition | undefined {
  const placeholders = new Placeholders();
  if (before === undefined) {
    return { expression: `attribute_not_exists(${placeholders.name(KEYS[table][0])})`, placeholders };
  }
  const same = Object.entries(before).flatMap(([name, value]) => isSame(placeholders.name(name), value, placeholders));
  if (same.length > MAX_COMPARISONS) return undefined;
  const none = ATTRIBUTES[table]
    .filter((name) => !Object.hasOwn(before, name))
    .map((name) => `attribute_not_exists(${placeholders.name(name)})`);
  return { expression: [...same, ...none].join(' AND '), placeholders };
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
