import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { attributeOf, type Item } from '../domain/item.ts';
import type { Column, Listing } from '../output/document.ts';

/** Keeps the named attributes of every item. A field that no item can have is a usage error; `see` gets the whole items. */
export function withFields(
  listing: Listing,
  fields: readonly string[] | undefined,
  see: (items: readonly Item[]) => void = () => undefined,
): Listing {
  if (fields === undefined) return listing;
  const names = listing.columns.map(({ name }) => name);
  if (!listing.open) checkFields(fields, names);
  const items = (async function* () {
    for await (const block of listing.items) {
      see(block);
      yield block.map((item) => pick(item, fields));
    }
  })();
  return { ...listing, open: false, columns: columnsOf(fields, listing.columns), items };
}

/** The fields that items may have without their being a column, where items may have others than the columns. */
export function beyondColumns(fields: readonly string[] | undefined, columns: readonly Column[]): string[] {
  return (fields ?? []).filter((field) => !columns.some(({ name }) => name === field));
}

/** Throws a usage error for the first field that is not among the known ones. */
export function checkFields(fields: readonly string[], known: readonly string[]): void {
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown === undefined) return;
  throw new MqdynError('E_USAGE', `--fields: unknown field "${unknown}".${didYouMean(unknown, known)}`.replace(/\.$/, ''), {
    hint: `Fields: ${known.join(', ')}.`,
  });
}

export function columnsOf(fields: readonly string[], columns: readonly Column[]): Column[] {
  return fields.map((name) => ({ ...columns.find((column) => column.name === name), name, aside: false }));
}

export function pick(item: Item, fields: readonly string[]): Item {
  // an assignment would lose an attribute called __proto__
  return Object.fromEntries(
    fields.flatMap((name) => {
      const value = attributeOf(item, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
