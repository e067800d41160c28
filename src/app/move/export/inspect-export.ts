import { MqdynError } from '../../../domain/errors.ts';
import type { ExportManifest } from '../../../domain/export/manifest.ts';
import { itemBytes, textOf, type Item } from '../../../domain/item.ts';
import { msgidMillis } from '../../../domain/records/times.ts';
import type { InspectedExport, InspectedTable } from '../../../domain/views/exports.ts';
import { findExport, type ExportedTable } from '../../../files/export-reader.ts';
import { exportedChanges, exportedItems } from '../../../files/exported-items.ts';
import { listTopics } from '../../views/list-topics.ts';
import { ExportReader } from './export-reader.ts';

/**
 * Counts what is in an export. `depth` makes a tree of its topics down to there; without one the topics are listed, largest first.
 * Digests are not checked.
 */
export async function inspectExport(
  folder: string,
  { depth, signal }: { depth: number | undefined; signal: AbortSignal },
): Promise<{ manifest: ExportManifest | undefined; inspected: InspectedExport }> {
  const found = await findExport(folder);
  const [fault] = found.faults;
  if (fault !== undefined) throw new MqdynError(fault.format ? 'E_FORMAT' : 'E_DUMP', `${fault.file} ${fault.what}`);
  const tables: InspectedTable[] = [];
  for (const table of found.tables) tables.push(await inspectTable(table, signal));
  const full = { ...found, tables: found.tables.filter(({ content }) => content.kind === 'full') };
  const order = depth === undefined ? 'bytes' : undefined;
  const topics = await listTopics(new ExportReader(full, signal), { selection: { kind: 'all' }, depth, order });
  return { manifest: found.manifest, inspected: { tables, topics } };
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
