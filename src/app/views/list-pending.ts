import { countText } from '../../domain/count-text.ts';
import { isReadableMessage, queuedIds } from '../../domain/delivery/fetch.ts';
import { itemBytes, textOf, type Item } from '../../domain/item.ts';
import { decodeMsgid } from '../../domain/mqtt/msgid.ts';
import { payloadPreview } from '../../domain/mqtt/payload-form.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import { cheaperLookup, type LookupPlan } from '../../domain/read-cost.ts';
import { ageSeconds, msgidMillis } from '../../domain/records/times.ts';
import type { PendingState, PendingView, WaitingView } from '../../domain/views/messages.ts';
import type { Figures, TableReader } from './table-reader.ts';

/** Messages that are looked up at once, and lookups that are under way at a time. */
const STEP = 100;
const AHEAD = 4;

/** So many lookups are worth a word before they start. */
const MANY = 100;

export type PendingChoice = {
  selection: TopicSelection;
  limit?: number | undefined;
  /** Published at least so long ago, in milliseconds. */
  olderThanMs?: number | undefined;
  state?: PendingState | undefined;
};

/** How many ids wait, shown or not. */
export type PendingTotals = { waiting: number };

/** What a view reports while it reads. */
export type Talk = { notice(sentence: string): void; progress(text: string): void };
const SILENT: Talk = { notice: () => undefined, progress: () => undefined };

type Waiting = { msgid: string; topic: string; at: number };

/**
 * What waits, in the order in which it was published. Ids are kept in memory, as they must be sorted: neither the map nor the
 * text of an id is in order of time. Messages stream, unless a scan finds them for less; then what is shown of each is kept.
 */
export async function* listPending(
  reader: TableReader & { figures?: Figures },
  { selection, limit = Infinity, olderThanMs, state }: PendingChoice,
  now: number,
  totals: PendingTotals = { waiting: 0 },
  talk: Talk = SILENT,
): AsyncGenerator<readonly PendingView[]> {
  const waiting: Waiting[] = [];
  for await (const block of reader.scan('mqtt_topic_msg_map', selection)) {
    for (const item of block) {
      const topic = textOf(item, 'topic') ?? '';
      if (!isSelected(topic, selection)) continue;
      for (const msgid of queuedIds(item)) {
        const at = msgidMillis(msgid) ?? Infinity;
        if (isOldEnough(at, olderThanMs, now)) waiting.push({ msgid, topic, at });
      }
    }
    talk.progress(`${countText(waiting.length)} ids`);
  }
  waiting.sort(byTime);
  totals.waiting = waiting.length;
  // nobody knows beforehand how many have to be looked at to find so many in one state
  const wanted = state === undefined ? Math.min(waiting.length, limit) : waiting.length;
  let left = limit;
  for await (const views of lookUp(reader, waiting.slice(0, wanted), now, talk)) {
    const chosen = state === undefined ? views : views.filter((view) => view.state === state);
    yield chosen.slice(0, left);
    left -= chosen.length;
    if (left <= 0) return;
  }
}

/** True for what was published at least so long ago; an id without a time is of no age. */
export function isOldEnough(at: number, olderThanMs: number | undefined, now: number): boolean {
  return olderThanMs === undefined || (at !== Infinity && now - at >= olderThanMs);
}

/** Waiting messages in their order, found in the way that costs less. */
async function* lookUp(
  reader: TableReader & { figures?: Figures },
  waiting: readonly Waiting[],
  now: number,
  talk: Talk,
): AsyncGenerator<PendingView[]> {
  const plan = cheaperLookup(waiting.length, reader.figures?.get('mqtt_msg'));
  if (waiting.length >= MANY) talk.notice(planText(waiting.length, plan));
  if (plan.way === 'scan') {
    yield* scanned(reader, waiting, now, talk);
    return;
  }
  const steps: Waiting[][] = [];
  for (let start = 0; start < waiting.length; start += STEP) steps.push(waiting.slice(start, start + STEP));
  let done = 0;
  yield* inOrder(steps, async (step) => {
    const messages = await readMessages(reader, step);
    done += step.length;
    talk.progress(`${countText(done)} of ${countText(waiting.length)} messages`);
    return step.map(({ msgid, topic }) => pendingView(msgid, topic, messages.get(msgid), now));
  });
}

function planText(wanted: number, plan: LookupPlan): string {
  const { keyed, scanned: whole } = plan;
  const what = `looking up ${countText(wanted)} messages`;
  if (plan.way === 'scan')
    return `${what} by a scan of mqtt_msg: about ${countText(plan.scanned)} read units, against ${countText(keyed)} by key`;
  return `${what} by key: about ${countText(keyed)} read units${whole === undefined ? '' : `, against ${countText(whole)} by a scan`}`;
}

/** One read of mqtt_msg from end to end. Of each message that waits only what is shown is kept. */
async function* scanned(
  reader: TableReader,
  waiting: readonly Waiting[],
  now: number,
  talk: Talk,
): AsyncGenerator<PendingView[]> {
  const topics = new Map(waiting.map(({ msgid, topic }) => [msgid, topic]));
  const found = new Map<string, PendingView>();
  let seen = 0;
  for await (const block of reader.scan('mqtt_msg')) {
    for (const item of block) {
      const msgid = textOf(item, 'msgid') ?? '';
      const topic = topics.get(msgid);
      if (topic !== undefined) found.set(msgid, pendingView(msgid, topic, item, now));
    }
    seen += block.length;
    talk.progress(`${countText(seen)} messages read, ${countText(found.size)} of ${countText(waiting.length)} found`);
  }
  for (let start = 0; start < waiting.length; start += STEP) {
    yield waiting.slice(start, start + STEP).map(({ msgid, topic }) => {
      const view = found.get(msgid) ?? pendingView(msgid, topic, undefined, now);
      // one id may wait under several topics
      return { ...view, topic };
    });
  }
}

function pendingView(msgid: string, topic: string, item: Item | undefined, now: number): PendingView {
  const state = item === undefined ? 'gone' : isReadableMessage(item) ? 'deliverable' : 'unreadable';
  return { ...waitingView(msgid, topic, item, now), state };
}

/** What every view of a waiting message tells of it. `item` is its item of mqtt_msg. */
export function waitingView(msgid: string, topic: string, item: Item | undefined, now: number): WaitingView {
  return {
    msgid,
    micros: microsOfId(msgid),
    age: ageSeconds(msgidMillis(msgid), now),
    topic,
    sender: item?.['sender'],
    qos: item?.['qos'],
    bytes: item === undefined ? undefined : itemBytes(item),
    preview: payloadPreview(item?.['payload']),
  };
}

/** Unix microseconds at which a message id was made; undefined when no broker made it. */
export function microsOfId(msgid: string): bigint | undefined {
  const guid = decodeMsgid(msgid);
  return guid === undefined ? undefined : guid >> 64n;
}

export async function readMessages(reader: TableReader, ids: readonly { msgid: string }[]): Promise<Map<string, Item>> {
  const items = await reader.batch(
    'mqtt_msg',
    ids.map(({ msgid }) => [msgid]),
  );
  return new Map(items.map((item) => [textOf(item, 'msgid') ?? '', item]));
}

/** By time, then by topic and id, so that two runs give the same order. */
export function byTime(a: { msgid: string; topic: string; at: number }, b: { msgid: string; topic: string; at: number }): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.msgid < b.msgid ? -1 : 1;
}

/** Works on a few steps at a time and yields their results in order. */
async function* inOrder<T, R>(steps: readonly T[], work: (step: T) => Promise<R>): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for (const step of steps) {
    const result = work(step);
    // met when its turn comes
    result.catch(() => undefined);
    underWay.push(result);
    for (const first of underWay.splice(0, underWay.length - AHEAD + 1)) yield await first;
  }
  for (const result of underWay) yield await result;
}
