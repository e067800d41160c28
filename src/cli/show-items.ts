import { totalsItem, type ItemStream } from '../app/read-items.ts';
import { n } from '../domain/item.ts';
import { columns, tableColumns } from '../output/columns.ts';
import type { Listing } from '../output/document.ts';
import { fieldsOf, type OutputFlags } from './flags.ts';

/** So many items the table format shows unless --limit says otherwise. */
export const TABLE_LIMIT = 100;

/** The limit of a read: what was asked for, or what a person can look through. */
export function limitOf(flags: OutputFlags & { limit: number | undefined; count: boolean }) {
  const forPeople = flags.format === 'table' && !flags.json && flags.limit === undefined && !flags.count;
  return forPeople ? { limit: TABLE_LIMIT, probe: true } : { limit: flags.limit, probe: false };
}

/** Items of a table as rows: known columns first, any other attribute behind them. */
export function itemListing(table: string, { rows, totals }: ItemStream, flags: OutputFlags): Listing {
  const fields = fieldsOf(flags);
  return {
    columns: fields === undefined ? tableColumns(table) : columns(fields),
    open: true,
    rows,
    totals: () => totalsItem(totals),
    whenEmpty: 'no items',
  };
}

/** The one line about what a read came to. */
export function readSummary({ totals }: ItemStream): string {
  const { count, scanned, units, more } = totals;
  const read = `${plural(count, 'item')} (${scanned} scanned, ${plural(units, 'read unit')})`;
  return more ? `${read}; there are more: use --limit N, or --format jsonl for all` : read;
}

/** What a view read, in words. */
export function spentText({ scanned, units }: { scanned: number; units: number }): string {
  return `${plural(scanned, 'item')} read, ${plural(units, 'read unit')}`;
}

/** The counts alone, for --count. */
export function countItem({ totals }: ItemStream) {
  return { count: n(totals.count), ...totalsItem(totals) };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
