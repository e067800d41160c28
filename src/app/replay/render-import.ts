import { inShard, type Shard } from '../../domain/hooks/shard.ts';
import { TableState } from '../../domain/hooks/table-state.ts';
import type { Write } from '../../domain/hooks/write.ts';
import { exportLine } from '../../domain/json/plain-json.ts';
import { itemKeyOf } from '../../domain/records/keys.ts';
import type { Refusal } from '../../dynamo/writer.ts';
import { ImportFolder } from '../../files/import-folder.ts';
import { RejectFile, type RejectedLine } from '../../files/rejects.ts';
import { addCounts, noEvents, type EventCounts } from './counts.ts';
import { ReplayInputs, type InputOptions } from './inputs.ts';
import type { ReplayOptions } from './options.ts';
import { RejectGroups } from './reject-groups.ts';
import { windows } from './windows.ts';

export type ImportOptions = ReplayOptions & InputOptions & { folder: string; rejects: string };

/** What became of the events, why records are rejected, and the items of each table. */
export type RenderedImport = { counts: EventCounts; reasons: string[]; items: Readonly<Record<string, number>> };

/** So much of a recording is rendered in one pass, in bytes; a gzipped one counts tenfold. */
const PASS_BYTES = 64 << 20;
const GZIP_FACTOR = 10;

/**
 * Renders the state that a recording leaves in empty tables, as files for DynamoDB's import from S3. A recording of any size
 * fits: it is read once for each part of the keys, and only that part is in memory.
 */
export async function renderImport(options: ImportOptions): Promise<RenderedImport> {
  const folder = await ImportFolder.create(options.folder);
  const count = passesFor(options);
  let first: EventCounts | undefined;
  let rejects: RejectFile | undefined;
  const groups = new RejectGroups();
  try {
    for (let index = 1; index <= count; index += 1) {
      const keep = async (lines: readonly RejectedLine[]) => {
        // what a record itself is rejected for is the same in every pass
        const own = index === 1 ? lines : lines.filter(({ reject }) => reject.reason === 'topic_set_full');
        if (own.length === 0) return;
        groups.take(own);
        rejects ??= await RejectFile.open(
          options.rejects,
          0,
          options.inputs.map(({ name }) => name),
        );
        await rejects.append(own);
      };
      const { state, counts, refused } = await pass(options, { index, count }, keep);
      if (first === undefined) first = counts;
      else {
        first.rejected += refused;
        first.applied -= refused;
      }
      for (const { table, item } of state.all()) {
        options.signal.throwIfAborted();
        await folder.write(table, exportLine(table, item));
      }
      state.clear();
    }
    await folder.finish();
  } finally {
    await rejects?.close();
  }
  if (first === undefined) throw new Error('a recording was never read');
  return { counts: first, reasons: groups.sentences(), items: folder.items };
}

/** The items of one part of the keys. */
async function pass(options: ImportOptions, shard: Shard, keepRejects: (lines: readonly RejectedLine[]) => Promise<void>) {
  const state = new TableState();
  const counts = noEvents();
  let refused = 0;
  for await (const window of windows(new ReplayInputs(options), options)) {
    const writes = window.takeWrites();
    const refusals = refusalsOf(writes, state, shard);
    await window.settle(refusals);
    await keepRejects(window.newRejects());
    addCounts(counts, window.counts);
    for (const { events } of refusals) refused += events.length;
  }
  return { state, counts, refused };
}

/** Applies the writes of one part of the keys; what a full topic set has no room for comes back. */
function refusalsOf(writes: readonly Write[], state: TableState, shard: Shard): Refusal[] {
  const refusals: Refusal[] = [];
  for (const write of writes) {
    if (!inShard(itemKeyOf(write.table, write.key), shard)) continue;
    const events = state.apply(write);
    const detail = `${write.table} holds no more ids for this topic`;
    if (events.length > 0) refusals.push({ write, events, reason: 'topic_set_full', detail });
  }
  return refusals;
}

function passesFor({ inputs }: ImportOptions): number {
  let bytes = 0;
  for (const { identity } of inputs) bytes += identity === undefined ? 0 : identity.size * (identity.gzipped ? GZIP_FACTOR : 1);
  // a pipe can be read once only
  return inputs.every(({ identity }) => identity) ? Math.max(1, Math.ceil(bytes / PASS_BYTES)) : 1;
}
