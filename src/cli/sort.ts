import { Flags } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { attributeOf, n, type AttributeValue, type Item } from '../domain/item.ts';
import { Best, compareValues } from '../domain/order.ts';
import { storedMillis } from '../domain/records/times.ts';
import { suggest } from '../domain/suggest.ts';
import type { Column, Listing } from '../output/document.ts';

export const sortFlag = Flags.string({
  helpGroup: 'OUTPUT',
  helpValue: 'FIELD[:desc]',
  summary: 'in the order of this field; items without it come last',
});

export type Order = { field: string; descending: boolean };

/** Reads --sort. A field that is not among `fields` is a usage error; without them any will do. */
export function orderOf(text: string | undefined, fields: readonly string[] | undefined): Order | undefined {
  if (text === undefined) return undefined;
  const [, field = '', direction] = /^(.*?)(?::(asc|desc))?$/s.exec(text) ?? [];
  if (field === '') throw new MqdynError('E_USAGE', '--sort names no field; use FIELD or FIELD:desc');
  if (fields !== undefined && !fields.includes(field)) {
    const near = suggest(field, fields);
    const hint = near === undefined ? `Fields: ${fields.join(', ')}.` : `Did you mean ${near}? Fields: ${fields.join(', ')}.`;
    throw new MqdynError('E_USAGE', `--sort: unknown field "${field}"`, { hint });
  }
  return { field, descending: direction === 'desc' };
}

/** A listing in an order. All of its items are read before the first is written, and no more than `limit` are kept. */
export function ordered<L extends Listing>(listing: L, order: Order | undefined, limit = Infinity): L {
  if (order === undefined) return listing;
  const column = listing.columns.find(({ name }) => name === order.field) ?? { name: order.field };
  return { ...listing, items: sorted(listing.items, column, order.descending, limit) };
}

async function* sorted(
  items: Listing['items'],
  column: Column,
  descending: boolean,
  limit: number,
): AsyncGenerator<readonly Item[]> {
  const best = new Best<{ item: Item; key: AttributeValue | undefined }>(limit, (a, b) => {
    if (a.key === undefined || b.key === undefined) return Number(a.key === undefined) - Number(b.key === undefined);
    return descending ? compareValues(b.key, a.key) : compareValues(a.key, b.key);
  });
  for await (const block of items) for (const item of block) best.add({ item, key: keyOf(item, column) });
  yield best.inOrder().map(({ item }) => item);
}

/** What an item is sorted by. Stored times have several units, which are told apart as where they are shown. */
function keyOf(item: Item, { name, kind }: Column): AttributeValue | undefined {
  const value = attributeOf(item, name);
  if (value === undefined || 'NULL' in value) return undefined;
  if (kind !== 'time' || !('N' in value)) return value;
  const millis = storedMillis(value.N);
  return millis === undefined ? undefined : n(millis);
}
