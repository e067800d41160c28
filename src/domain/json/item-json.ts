import type { AttributeValue, Item } from '../item.ts';
import { ATTRIBUTES, isBackendTable } from '../records/tables.ts';
import { itemJson, plainJson, typedJson } from './plain-json.ts';

/** Writes one item as a JSON object. */
export type ItemWriter = (item: Item) => string;

/** Plain JSON of items: attributes in `order` first, the others by name. The same text as `itemJson`, several times as fast. */
export function plainWriter(order: readonly string[]): ItemWriter {
  return writer(order, plainValue, plainJson);
}

/** The typed form of items, in the same order. */
export function typedWriter(order: readonly string[]): ItemWriter {
  return writer(order, typedValue, typedJson);
}

/** Lines of DynamoDB's own export and import files, without their line ends. */
export function exportLineWriter(table: string): ItemWriter {
  const write = typedWriter(isBackendTable(table) ? ATTRIBUTES[table] : []);
  return (item) => `{"Item":${write(item)}}`;
}

/**
 * Most items of a table have the same attributes with values that a JavaScript object holds exactly: such an object in the
 * right order goes through one JSON.stringify, which is the engine's own code. Every other item is written piece by piece.
 */
function writer(
  order: readonly string[],
  simple: (value: AttributeValue) => unknown,
  exact: (value: AttributeValue) => string,
): ItemWriter {
  let arrival: readonly string[] = [];
  let names: readonly string[] | undefined = [];
  return (item) => {
    const keys = Object.keys(item);
    if (!isSame(keys, arrival)) {
      arrival = keys;
      names = inOrder(keys, order);
    }
    if (names === undefined) return itemJson(item, order, exact);
    const copy: Record<string, unknown> = {};
    for (const name of names) {
      const own = item[name];
      const value = own && simple(own);
      if (value === undefined) return itemJson(item, order, exact);
      copy[name] = value;
    }
    return JSON.stringify(copy);
  };
}

function isSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index += 1) if (keys[index] !== others[index]) return false;
  return true;
}

/** Names that an object would move to its front, or take for its prototype. */
const MOVES = /^\d+$|^__proto__$/;

/** The attributes in the order in which they are written; undefined when an object would not keep it. */
function inOrder(keys: readonly string[], order: readonly string[]): string[] | undefined {
  if (keys.some((name) => MOVES.test(name))) return undefined;
  const known = order.filter((name) => keys.includes(name));
  return [...new Set(known), ...keys.filter((name) => !order.includes(name)).sort()];
}

/** A value of which JSON.stringify writes what `plainJson` would; undefined for any other. */
function plainValue(value: AttributeValue): unknown {
  if ('S' in value) return value.S;
  if ('N' in value) {
    const number = Number(value.N);
    return String(number) === value.N && Number.isFinite(number) ? number : undefined;
  }
  if ('B' in value) return value.B;
  if ('BOOL' in value) return value.BOOL;
  return 'SS' in value ? value.SS.toSorted() : undefined;
}

/** Likewise for the typed form, where only sets, lists and maps have an order of their own. */
function typedValue(value: AttributeValue): unknown {
  return 'S' in value || 'N' in value || 'B' in value || 'BOOL' in value || 'NULL' in value ? value : undefined;
}
