import type { AttributeValue, Item } from '../domain/item.ts';

type Plain = string | number | bigint | boolean | null | undefined;

/** A row of plain values in the typed form that formats write. Members without a value are left out. */
export function row(values: Readonly<Record<string, Plain>>): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) item[name] = typed(value);
  return item;
}

function typed(value: Exclude<Plain, undefined>): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  return typeof value === 'boolean' ? { BOOL: value } : { N: String(value) };
}

/** Rows as the value of one attribute. */
export function listOf(rows: readonly Item[]): AttributeValue {
  return { L: rows.map((item) => ({ M: item })) };
}

/** Rows that are all there already, as the one block of a stream. */
export async function* blocks(rows: readonly Item[]): AsyncGenerator<readonly Item[]> {
  yield rows;
}
