import { sizeText } from '../../domain/byte-size.ts';
import { countText } from '../../domain/count-text.ts';
import { MqdynError } from '../../domain/errors.ts';
import { scanUnits } from '../../domain/read-cost.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { provisionedCapacity } from '../../domain/schema/live.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { checkTables } from '../tables/check-tables.ts';
import { LiveReader, type ReadContext } from './table-reader.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** A table from this size on is worth a word before all of it is read: 1,024 read units. */
const LARGE_BYTES = 8 << 20;

export type Needs = {
  /** Tables that are read by key. */
  keyed?: readonly TableName[];
  /** Tables that are read whole; a large one is announced. */
  whole?: readonly TableName[];
};

/**
 * Looks at the tables that a view needs before it reads them: there, with the backend's own keys, and at what price. Whoever
 * may read but not describe still gets the view.
 */
export async function openReader(context: ReadContext, { keyed = [], whole = [] }: Needs): Promise<LiveReader> {
  const tables = [...new Set([...whole, ...keyed])];
  let live: LiveTable[] = [];
  try {
    live = await checkTables(context.dynamo, tables, context);
  } catch (error) {
    if (!(error instanceof MqdynError) || error.code !== 'E_DENIED') throw error;
  }
  for (const table of live.slice(0, whole.length)) announce(table, context.notice);
  const figures = pairsOf(tables.slice(0, live.length), live).map(
    ([name, table]) =>
      [name, { items: table.ItemCount ?? 0, bytes: table.TableSizeBytes ?? 0, capacity: provisionedCapacity(table) }] as const,
  );
  return new LiveReader(context, new Map(figures));
}

function announce({ TableName, ItemCount = 0, TableSizeBytes = 0 }: LiveTable, notice: (sentence: string) => void): void {
  if (TableSizeBytes < LARGE_BYTES) return;
  const units = scanUnits(TableSizeBytes);
  const size = `${countText(ItemCount)} items, ${sizeText(TableSizeBytes)}`;
  notice(`reading all of ${TableName}: ${size} (DynamoDB's figure, up to six hours old), about ${countText(units)} read units`);
}
