import { isDeepStrictEqual } from 'node:util';
import { MqdynError } from '../../domain/errors.ts';
import { RejectGroups } from './reject-groups.ts';
import { mergeWrites } from '../../domain/hooks/merge-writes.ts';
import { afterWrite } from '../../domain/hooks/table-state.ts';
import type { Write } from '../../domain/hooks/write.ts';
import type { Item } from '../../domain/item.ts';
import { textOfKey } from '../../domain/records/keys.ts';
import { TABLES, type TableName } from '../../domain/records/tables.ts';
import type { DiffView } from '../../domain/views/replay.ts';
import { batchGetRaw } from '../../dynamo/batch-get.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { addCounts, noEvents, type EventCounts } from './counts.ts';
import { ReplayInputs, type InputOptions } from './inputs.ts';
import type { ReplayOptions } from './options.ts';
import { windows } from './windows.ts';

/** So many keys are held at once; a larger recording is looked at in parts. */
const MAX_KEYS = 100_000;
const KEYS_A_READ = 100;

type DiffOptions = ReplayOptions & InputOptions & { liveName: (table: string) => string };

/**
 * What became of the events of a recording, why records are rejected, and the items that a replay would change.
 * The live items are read as these are asked for.
 */
export async function diffReplay(
  dynamo: Dynamo,
  options: DiffOptions,
): Promise<{ counts: EventCounts; reasons: string[]; changes: AsyncGenerator<readonly DiffView[]> }> {
  const { counts, reasons, writes } = await finalWrites(options);
  return { counts, reasons, changes: changes(dynamo, writes, options) };
}

async function* changes(dynamo: Dynamo, writes: readonly Write[], options: DiffOptions): AsyncGenerator<readonly DiffView[]> {
  for (const table of TABLES) {
    const own = writes.filter((write) => write.table === table);
    for (let start = 0; start < own.length; start += KEYS_A_READ) {
      const some = own.slice(start, start + KEYS_A_READ);
      const live = await liveItems(dynamo, { table, live: options.liveName(table) }, some, options.signal);
      yield some.map((write) => change(live.get(textOfKey(write)), write)).filter((each) => each !== undefined);
    }
  }
}

/** What the whole recording comes to, one write a key. */
async function finalWrites(
  options: ReplayOptions & InputOptions,
): Promise<{ counts: EventCounts; reasons: string[]; writes: Write[] }> {
  const final = new Map<string, Write>();
  const counts = noEvents();
  const groups = new RejectGroups();
  for await (const window of windows(new ReplayInputs(options), options)) {
    const writes = window.takeWrites();
    for (const write of writes) final.set(textOfKey(write), mergeWrites(final.get(textOfKey(write)), write));
    if (final.size > MAX_KEYS) {
      throw new MqdynError('E_USAGE', `--diff compares at most ${MAX_KEYS} items`, {
        hint: 'Narrow it with --topic, --only or --shard.',
      });
    }
    await window.settle([]);
    addCounts(counts, window.counts);
    groups.take(window.rejects);
  }
  return { counts, reasons: groups.sentences(), writes: [...final.values()] };
}

async function liveItems(
  dynamo: Dynamo,
  { table, live }: { table: TableName; live: string },
  writes: readonly Write[],
  signal: AbortSignal,
): Promise<Map<string, Item>> {
  const { items } = await batchGetRaw(
    dynamo,
    live,
    writes.map(({ key }) => key),
    signal,
  );
  return new Map(items.map((item) => [textOfKey({ table, key: item }), item]));
}

function change(before: Item | undefined, write: Write): DiffView | undefined {
  const { item: after } = afterWrite(before, write);
  if (isDeepStrictEqual(normal(before), normal(after))) return undefined;
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return { change: kind, table: write.table, key: write.key, before, after };
}

/** Sets have no order; a topic's item without ids is as good as none. */
function normal(item: Item | undefined): Item | undefined {
  if (item === undefined) return undefined;
  const sorted = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, 'SS' in value ? { SS: value.SS.toSorted() } : value]),
  );
  return Object.keys(sorted).length === 1 && sorted['topic'] !== undefined ? undefined : sorted;
}
