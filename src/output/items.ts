import type { AttributeValue, Item } from '../domain/item.ts';

type Plain = string | number | bigint | boolean | null | undefined;

/** Plain values in the typed form that formats write. Members without a value are left out. */
export function itemOf(values: Readonly<Record<string, Plain>>): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) item[name] = valueOf(value);
  return item;
}

/** A plain value in the typed form; NULL where there is none. */
export function valueOf(value: Plain): AttributeValue {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  return typeof value === 'boolean' ? { BOOL: value } : { N: String(value) };
}

/** Items as the value of one attribute. */
export function listOf(items: readonly Item[]): AttributeValue {
  return { L: items.map((item) => ({ M: item })) };
}

/** Texts as the value of one attribute. */
export function namesOf(names: readonly string[]): AttributeValue {
  return { L: names.map((name) => ({ S: name })) };
}

/** Items that are all there already, as the one block of a stream. */
export async function* blocks(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  yield items;
}

/** A stream of what a view found as the items that are shown of it. */
export async function* itemsOf<View>(
  views: AsyncIterable<readonly View[]>,
  item: (view: View) => Item,
): AsyncGenerator<readonly Item[]> {
  for await (const block of views) yield block.map(item);
}
