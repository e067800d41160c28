import { isReadableMessage, queuedIds } from '../domain/delivery/fetch.ts';
import { itemBytes, n, s, textOf, type AttributeValue, type Item } from '../domain/item.ts';
import { decodeMsgid, microsToIso } from '../domain/mqtt/msgid.ts';
import { isSelected, type TopicSelection } from '../domain/mqtt/topic-selection.ts';
import { ageSeconds, msgidMillis } from '../domain/records/times.ts';
import type { TableReader } from './table-reader.ts';

const NOTHING: AttributeValue = { NULL: true };

/** Messages that are looked up at once, and lookups that are under way at a time. */
const STEP = 100;
const AHEAD = 4;

/** So many lookups are worth a word before they start. */
const MANY = 2_000;

/** How many ids wait, shown or not. */
export type PendingTotals = { waiting: number };

type Waiting = { msgid: string; topic: string; at: number };

/**
 * What waits, in the order in which it was published. Only ids are kept in memory, as they must be sorted: neither the map
 * nor the text of an id is in order of time. Messages stream.
 */
export async function* listPending(
  reader: TableReader,
  { selection, limit = Infinity }: { selection: TopicSelection; limit?: number | undefined },
  now: number,
  totals: PendingTotals = { waiting: 0 },
  notice: (sentence: string) => void = () => undefined,
): AsyncGenerator<readonly Item[]> {
  const waiting: Waiting[] = [];
  for await (const block of reader.scan('mqtt_topic_msg_map', selection)) {
    for (const row of block) {
      const topic = textOf(row, 'topic') ?? '';
      if (!isSelected(topic, selection)) continue;
      for (const msgid of queuedIds(row)) waiting.push({ msgid, topic, at: msgidMillis(msgid) ?? Infinity });
    }
  }
  waiting.sort(byTime);
  totals.waiting = waiting.length;
  const wanted = Math.min(waiting.length, limit);
  // a message of up to 4 KB is half a unit, and so is one that is gone
  if (wanted >= MANY)
    notice(
      `looking up ${wanted.toLocaleString('en-US')} messages: at least ${Math.ceil(wanted / 2).toLocaleString('en-US')} read units`,
    );
  const steps: Waiting[][] = [];
  for (let start = 0; start < wanted; start += STEP) {
    steps.push(waiting.slice(start, Math.min(start + STEP, wanted)));
  }
  yield* inOrder(steps, async (step) => {
    const messages = await readMessages(reader, step);
    return step.map(({ msgid, topic }) => {
      const row = messages.get(msgid);
      const state = row === undefined ? 'message_gone' : isReadableMessage(row) ? 'waiting' : 'message_unreadable';
      return { ...pendingRow(msgid, topic, row, now), state: s(state) };
    });
  });
}

/** What every view of a waiting message shows of it. `row` is its row of mqtt_msg. */
export function pendingRow(msgid: string, topic: string, row: Item | undefined, now: number): Item {
  const age = ageSeconds(msgidMillis(msgid), now);
  return {
    msgid: s(msgid),
    time: timeOfId(msgid),
    age: age === undefined ? NOTHING : n(age),
    topic: s(topic),
    sender: row?.['sender'] ?? NOTHING,
    qos: row?.['qos'] ?? NOTHING,
    bytes: row === undefined ? NOTHING : n(itemBytes(row)),
  };
}

/** ISO time with microseconds at which a message id was made. */
export function timeOfId(msgid: string): AttributeValue {
  const guid = decodeMsgid(msgid);
  const iso = guid === undefined ? undefined : microsToIso(guid >> 64n);
  return iso === undefined ? NOTHING : s(iso);
}

export async function readMessages(reader: TableReader, ids: readonly { msgid: string }[]): Promise<Map<string, Item>> {
  const rows = await reader.batch(
    'mqtt_msg',
    ids.map(({ msgid }) => [msgid]),
  );
  return new Map(rows.map((row) => [textOf(row, 'msgid')!, row]));
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
    if (underWay.length >= AHEAD) yield await underWay.shift()!;
  }
  for (const result of underWay) yield await result;
}
