import type { Item } from '../../domain/item.ts';
import type { ImportedTableView, ImportView, PlannedTableView } from '../../domain/views/imports.ts';
import type { Column } from '../document.ts';
import { itemOf } from '../items.ts';

/** What an import did to a table. */
export const IMPORT_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'items' },
  { name: 'applied' },
  { name: 'rejected' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'writeUnits', label: 'write units' },
];

/** What an import would do to a table. */
export const PLANNED_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'status', tones: { 'has items': 'warn', missing: 'bad' } },
  { name: 'items' },
  { name: 'put' },
  { name: 'update' },
  { name: 'delete' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'writeUnits', label: 'write units' },
  { name: 'seconds', label: 'time', kind: 'age' },
];

export function importedItem({ table, read, applied, rejected, bytes, writeUnits }: ImportedTableView): Item {
  return itemOf({ table, items: read, applied, rejected, bytes, writeUnits });
}

export function plannedItem({ live, status, items, put, update, ...more }: PlannedTableView): Item {
  const { delete: gone, bytes, writeUnits, seconds } = more;
  return itemOf({ table: live, status, items, put, update, delete: gone, bytes, writeUnits, seconds: seconds ?? null });
}

/** What stands beside the tables of an import. */
export function importTotals({ total, writer, checkpoint, seconds }: ImportView): Item {
  const { read, applied, superseded, skipped, rejected } = total;
  const { requests, retries, units: consumedCapacity } = writer;
  return {
    ...itemOf({ read, applied, superseded, skipped, rejected, requests, retries, consumedCapacity }),
    seconds: { N: seconds.toFixed(3) },
    ...itemOf({ checkpoint: checkpoint ?? null }),
  };
}
