import { itemBytes, textOf, type Item } from '../../domain/item.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import type { InspectedExport, InspectedTable } from '../../domain/views/exports.ts';
import type { ExportedTable, FoundExport } from '../../files/export-reader.ts';
import { exportedChanges, exportedItems } from '../../files/exported-items.ts';
import { listTopics } from '../views/list-topics.ts';
import { ExportReader } from './export-reader.ts';

/** Counts what is in an export. `depth` makes a tree of its topics down to there; without one the topics are listed, largest first. */
export async function inspectExport(
  found: FoundExport,
  { depth, signal }: { depth: number | undefined; signal: AbortSignal },
): Promise<InspectedExport> {
  const tables: InspectedTable[] = [];
  for (const table of found.tables) tables.push(await inspectTable(table, signal));
  const full = { ...found, tables: found.tables.filter(({ content }) => content.kind === 'full') };
  const order = depth === undefined ? 'bytes' : undefined;
  const topics = await listTopics(new ExportReader(full, signal), { selection: { kind: 'all' }, depth, order });
  return { tables, topics };
}

async function inspectTable(table: ExportedTable, signal: AbortSignal): Promise<InspectedTable> {
  const { content, table: name } = table;
  const inspected: InspectedTable = {
    table: name,
    content,
    items: 0,
    bytes: 0,
    largest: 0,
    oldest: undefined,
    newest: undefined,
  };
  for await (const block of content.kind === 'full' ? exportedItems(table, signal) : newImages(table, signal)) {
    for (const item of block) {
      const bytes = itemBytes(item);
      inspected.items += 1;
      inspected.bytes += bytes;
      inspected.largest = Math.max(inspected.largest, bytes);
      const millis = name === 'mqtt_msg' ? msgidMillis(textOf(item, 'msgid') ?? '') : undefined;
      if (millis === undefined) continue;
      inspected.oldest = Math.min(inspected.oldest ?? millis, millis);
      inspected.newest = Math.max(inspected.newest ?? millis, millis);
    }
  }
  return inspected;
}

/** What items were changed to; of one that was deleted, its key. */
async function* newImages(table: ExportedTable, signal: AbortSignal): AsyncGenerator<Item[]> {
  for await (const block of exportedChanges(table, signal)) yield block.map(({ after, key }) => after ?? key);
}
