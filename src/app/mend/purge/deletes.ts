import { changedItem, type Change, type ItemChange } from '../../../domain/changes/change.ts';
import type { Write } from '../../../domain/hooks/write.ts';
import { itemBytes, s, textOf, writeUnits, type Item } from '../../../domain/item.ts';
import type { Selection } from '../../../domain/purge/selection.ts';
import { KEYS } from '../../../domain/records/tables.ts';
import { makeChange, type ChangeOutcome } from '../../../dynamo/make-change.ts';
import type { Pace } from '../../../dynamo/pace.ts';
import { retriedFor } from '../../../dynamo/retry.ts';
import type { Writer } from '../../../dynamo/writer.ts';
import { inParallel } from '../../in-parallel.ts';
import { inSlices } from '../in-slices.ts';
import type { Ledger } from './ledger.ts';
import type { Sizes, Where } from './reads.ts';

/** What the parts of a running purge share. */
export type Run = Where & {
  selection: Selection;
  ledger: Ledger;
  writer: Writer;
  pace: Pace | undefined;
  sizes: Sizes;
  /** Ends later than `signal`: what is under way at a stop is finished. */
  calls: AbortSignal;
  notice: (sentence: string) => void;
  progress: (text: string) => void;
};

/** So few messages at least are deleted before the checkpoint says so. */
const MIN_STEP = 25;

/** So many reasons why something was left are told; the counts tell the rest. */
const TOLD = 5;

/** The change that takes an item away. */
export type Deletion = ItemChange & { before: Item; after: undefined };

/** Deletes items of one table where they still are as they were read. They are in the journal before the first of them goes. */
export async function deleteItems(run: Run, changes: readonly Deletion[]): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const counts = run.ledger.count(first.table);
  await run.ledger.keep(changes);
  const take = async (change: Deletion) => {
    const outcome = await paced(run, change, writeUnits(itemBytes(change.before)));
    if (outcome.made) counts.deleted += 1;
    else left(run, change, outcome.why);
  };
  await inParallel(changes, take, run.signal);
}

/** Takes ids out of the sets of their topics, one update a topic. Resolves with the topics that let none go. */
export async function takeIds(run: Run, takes: ReadonlyMap<string, { ids: string[]; units: number }>): Promise<Set<string>> {
  const refused = new Set<string>();
  const counts = run.ledger.count('mqtt_topic_msg_map');
  const take = async ([topic, { ids, units }]: [string, { ids: string[]; units: number }]) => {
    const change: Change = { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic, ids };
    const outcome = await paced(run, change, units);
    if (outcome.made) counts.deleted += ids.length;
    else {
      refused.add(topic);
      left(run, change, outcome.why);
    }
  };
  await inParallel([...takes], take, run.signal);
  return refused;
}

/** Messages that are deleted before the checkpoint says so: about ten seconds of work where there is a pace. */
export function stepOf({ pace, sizes }: Run): number {
  return pace === undefined ? sizes.step : Math.min(sizes.step, Math.max(MIN_STEP, pace.perSecond * 10));
}

/** Deletes messages whose ids no map lists any more; they are in the journal, in this order. `stays` are left. */
export async function deleteMessages(run: Run, ids: readonly string[], stays: (id: string) => boolean): Promise<void> {
  const counts = run.ledger.count('mqtt_msg');
  let done = 0;
  for (const step of inSlices(ids, stepOf(run))) {
    run.signal.throwIfAborted();
    const gone = step.filter((id) => !stays(id));
    const before = run.writer.counts.units;
    const refusals = await run.writer.send(gone.map(deletion), run.signal).finally(() => {
      run.ledger.state.units += run.writer.counts.units - before;
    });
    for (const { detail } of refusals) run.notice(`a message was left: ${detail}`);
    counts.deleted += gone.length - refusals.length;
    counts.changedMeanwhile += refusals.length;
    run.progress(`${counts.deleted} messages`);
    done += step.length;
    if (done < ids.length) await run.ledger.settleMessages(step.length);
  }
}

function deletion(msgid: string): Write {
  return { kind: 'delete', table: 'mqtt_msg', key: { msgid: s(msgid) }, bytes: msgid.length, events: [] };
}

async function paced(
  { pace, ledger, retryForMs, signal, calls, ...where }: Run,
  change: Change,
  units: number,
): Promise<ChangeOutcome> {
  await pace?.reserve(units, signal);
  const outcome = await retriedFor(retryForMs, () => makeChange({ ...where, signal: calls }, change), calls);
  if (outcome.made) {
    pace?.settle(units, outcome.units);
    ledger.state.units += outcome.units;
  }
  return outcome;
}

function left({ ledger, notice }: Run, change: Change, why: string): void {
  const counts = ledger.count(change.table);
  counts.changedMeanwhile += change.kind === 'item' ? 1 : change.ids.length;
  if (counts.changedMeanwhile <= TOLD) notice(`left ${change.table} ${nameOf(change)}: ${why}`);
}

function nameOf(change: Change): string {
  if (change.kind !== 'item') return change.topic;
  const item = changedItem(change);
  return KEYS[change.table].map((name) => textOf(item, name) ?? '').join(' ');
}
