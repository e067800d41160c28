import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Column, Listing } from '../output/document.ts';

/** Keeps the named attributes of every row. A field that no row can have is a usage error. */
export function withFields(listing: Listing, fields: readonly string[] | undefined): Listing {
  if (fields === undefined) return listing;
  const names = listing.columns.map(({ name }) => name);
  const unknown = listing.open ? undefined : fields.find((field) => !names.includes(field));
  if (unknown !== undefined) {
    throw new MqdynError('E_USAGE', `unknown field "${unknown}"`, { hint: `Fields: ${names.join(', ')}.` });
  }
  const rows = (async function* () {
    for await (const block of listing.rows) yield block.map((item) => pick(item, fields));
  })();
  return { ...listing, open: false, columns: columnsOf(fields, listing.columns), rows };
}

export function columnsOf(fields: readonly string[], columns: readonly Column[]): Column[] {
  return fields.map((name) => ({ ...columns.find((column) => column.name === name), name, aside: false }));
}

export function pick(item: Item, fields: readonly string[]): Item {
  // an assignment would lose an attribute called __proto__
  return Object.fromEntries(fields.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]!]));
}
