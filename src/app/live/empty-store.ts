import type { Change } from '../../domain/changes/change.ts';
import { groupBy } from '../../domain/group-by.ts';
import { s, textOf } from '../../domain/item.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { ackedItem } from '../../domain/records/items.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { makeChange, readItem } from '../../dynamo/make-change.ts';
import { retriedFor } from '../../dynamo/retry.ts';
import type { Journal } from '../../files/journal.ts';
import { journalFrom } from '../../files/journal-tail.ts';
import { inParallel } from '../in-parallel.ts';
import type { Prepared } from './prepare.ts';

export type StoreContext = { dynamo: Dynamo; liveName: (table: string) => string; signal: AbortSignal };

const RETRY_FOR_MS = 120_000;

/**
 * What the backend does with a message that a client acknowledged (on_message_acked_for_queue): a note in mqtt_acked, which here
 * needs clients that were named, then id and message go, the id first so that it never stands without its message. Each change is
 * in the journal first, and made only where the tables still are as they were read. Source: emqx_backend_dynamo 4.3.5.
 */
export async function emptyStore(
  context: StoreContext,
  journal: Journal,
  delivered: readonly Prepared[],
  clientsOf: (topic: string) => Iterable<string>,
): Promise<number> {
  const byTopic = [
    ...groupBy(
      delivered.filter(({ item }) => item !== undefined),
      ({ entry }) => entry.topic,
    ),
  ];
  const notes = await Promise.all(byTopic.map(([topic, own]) => acksOf(context, topic, own, clientsOf(topic))));
  const takes = byTopic.map(([topic, own]): Change => ({
    kind: 'take-ids',
    table: 'mqtt_topic_msg_map',
    topic,
    ids: own.map(({ entry }) => entry.msgid),
  }));
  const deletes = byTopic.flatMap(([, own]) =>
    own.map(({ item }): Change => ({ kind: 'item', table: 'mqtt_msg', before: item, after: undefined })),
  );
  await journal.append([...notes.flat(), ...takes, ...deletes]);
  await makeAll(context, notes.flat());
  await makeAll(context, takes);
  const made = await makeAll(context, deletes);
  return made.filter(Boolean).length;
}

/** Carries out what an ended run had in the journal of the tables and perhaps not made; a change that is there already is none. */
export async function finishEmptying(context: StoreContext, path: string, from: number): Promise<void> {
  for await (const change of journalFrom(path, from)) {
    if (change.kind === 'item' && change.table === 'mqtt_msg' && (await isListed(context, change))) continue;
    await make(context, change);
  }
}

/** Whether the map still lists a message: its id was not taken, so it stays. */
async function isListed(context: StoreContext, { before }: Extract<Change, { kind: 'item' }>): Promise<boolean> {
  const topic = before && textOf(before, 'topic');
  const msgid = before && textOf(before, 'msgid');
  if (topic === undefined || msgid === undefined) return false;
  const map = await readItem(context, 'mqtt_topic_msg_map', { topic: s(topic) });
  const ids = map?.['MsgId'];
  return ids !== undefined && 'SS' in ids && ids.SS.includes(msgid);
}

/** The last message of a topic as acked by each client, where no later one is. */
async function acksOf(
  context: StoreContext,
  topic: string,
  own: readonly Prepared[],
  clients: Iterable<string>,
): Promise<Change[]> {
  const last = own.at(-1)?.entry.msgid;
  if (last === undefined) return [];
  const changes: Change[] = [];
  for (const clientid of clients) {
    const before = await readItem(context, 'mqtt_acked', { topic: s(topic), clientid: s(clientid) });
    const acked = before === undefined ? undefined : msgidMillis(textOf(before, 'msgid') ?? '');
    if (acked !== undefined && acked >= (msgidMillis(last) ?? -Infinity)) continue;
    changes.push({ kind: 'item', table: 'mqtt_acked', before, after: ackedItem({ clientid, topic, msgid: last }) });
  }
  return changes;
}

function makeAll(context: StoreContext, changes: readonly Change[]): Promise<boolean[]> {
  return inParallel(changes, (change) => make(context, change), context.signal);
}

/** Whether it was made; where the tables have changed meanwhile they win. */
async function make(context: StoreContext, change: Change): Promise<boolean> {
  return (await retriedFor(RETRY_FOR_MS, () => makeChange(context, change), context.signal)).made;
}
