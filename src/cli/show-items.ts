import type { ItemStream } from '../app/views/read-items.ts';
import { plural } from '../domain/count-text.ts';
import { n } from '../domain/item.ts';
import { ATTRIBUTES, isBackendTable } from '../domain/records/tables.ts';
import { columns, tableColumns } from '../output/columns.ts';
import type { Listing } from '../output/document.ts';
import { spentItem } from '../output/views/reads.ts';
import { fieldsOf, type OutputFlags } from './flags.ts';
import { orderOf, type Order } from './sort.ts';

/** So many items the table format shows unless --limit says otherwise. */
export const TABLE_LIMIT = 100;

/** The limit of a read: what was asked for, or what a person can look through. */
export function limitOf(flags: OutputFlags & { limit: number | undefined; count: boolean }) {
  const forPeople = flags.format === 'table' && !flags.json && flags.limit === undefined && !flags.count;
  return forPeople ? { limit: TABLE_LIMIT, probe: true } : { limit: flags.limit, probe: false };
}

/** Said where a view is too large to be sorted in memory. */
export const UNSORTED = 'a large table: items come in the order of the scan; --sort FIELD sorts them, all in memory';

/** What --sort of a table may name: the attributes of a backend table, or anything. */
export function itemOrder(table: string, sort: string | undefined): Order | undefined {
  return orderOf(sort, isBackendTable(table) ? ATTRIBUTES[table] : undefined);
}

/** What is read of an item: the fields that are shown, and the one that they are sorted by. */
export function fieldsToRead(flags: OutputFlags, order: Order | undefined): readonly string[] | undefined {
  const fields = fieldsOf(flags);
  return fields === undefined || order === undefined ? fields : [...new Set([...fields, order.field])];
}

/** The limit of a read that is sorted afterwards: none, as the first ones are only known when all were read. */
export const UNLIMITED = { limit: undefined, probe: false };

/** Items of a table: known columns first, any other attribute behind them. */
export function itemListing(table: string, { items, totals }: ItemStream, flags: OutputFlags): Listing {
  const fields = fieldsOf(flags);
  return {
    columns: fields === undefined ? tableColumns(table) : columns(fields),
    open: true,
    items,
    totals: () => spentItem(totals),
    whenEmpty: 'no items',
  };
}

/** The one line about what a read came to. */
export function readSummary({ totals }: ItemStream, shown?: number): string {
  const { count, scanned, units, more } = totals;
  const read = `${numberOf(count, 'item')} (${scanned} scanned, ${numberOf(units, 'read unit')})`;
  if (shown !== undefined && shown < count) return `showing ${shown} of ${read}; use --limit for more`;
  return more ? `${read}; there are more; use --limit, or --format jsonl for all` : read;
}

/** What a view read, in words. */
export function spentText({ scanned, units }: { scanned: number; units: number }): string {
  return `${numberOf(scanned, 'item')} read, ${numberOf(units, 'read unit')}`;
}

/** What a read of one item took. */
export function unitsText(units: number): string {
  return numberOf(units, 'read unit');
}

/** `18 of 58 clients; ` in front of what was read, where a view shows some of what is there. */
export function partText(shown: number, all: number, noun: string): string {
  return shown < all ? `${shown} of ${numberOf(all, noun)}; ` : '';
}

/** Counts the items of a listing on their way. */
export function counted(listing: Listing): Listing & { count(): number } {
  let count = 0;
  const items = (async function* () {
    for await (const block of listing.items) {
      count += block.length;
      yield block;
    }
  })();
  return { ...listing, items, count: () => count };
}

/** The counts alone, for --count. */
export function countItem({ totals }: ItemStream) {
  return { count: n(totals.count), ...spentItem(totals) };
}

function numberOf(count: number, noun: string): string {
  return `${count} ${plural(noun, count)}`;
}
