import type { Item } from '../../../domain/item.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import type { FoundExport } from '../../../files/export-reader.ts';
import { exportedItems } from '../../../files/exported-items.ts';
import type { TableReader } from '../../views/table-reader.ts';

/** Reads whole tables of a full export; one that is not in it has no items. Nothing is read by key. */
export class ExportReader implements Pick<TableReader, 'scan'> {
  private readonly found: FoundExport;
  private readonly signal: AbortSignal;

  constructor(found: FoundExport, signal: AbortSignal) {
    this.found = found;
    this.signal = signal;
  }

  async *scan(name: TableName): AsyncGenerator<readonly Item[]> {
    for (const table of this.found.tables) if (table.table === name) yield* exportedItems(table, this.signal);
  }
}
