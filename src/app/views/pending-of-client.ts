import { queuedIds, subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import { fetchingSubscription, messageFault } from '../../domain/delivery/judge.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { n, s, textOf, type Item } from '../../domain/item.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { isSelected } from '../../domain/mqtt/topic-selection.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { byTime, isOldEnough, pendingRow, readMessages, type PendingChoice, type PendingState } from './list-pending.ts';
import type { TableReader } from './table-reader.ts';

/** Topics whose items are read at a time. */
const AT_ONCE = 8;

/**
 * What a client would get with its next new subscriptions and what it would not, and why, in the order of time. Everything
 * by key: under each topic that an exact subscription names, what the map lists and what others acked last. A wildcard
 * subscription finds nothing, so it stands as one item of its own. Undefined for a client that no table knows.
 */
export async function pendingOfClient(
  reader: TableReader,
  {
    clientid,
    rules,
    selection,
    olderThanMs,
    state,
  }: Omit<PendingChoice, 'limit'> & { clientid: string; rules: readonly HookRule[] },
  now: number,
): Promise<Item[] | undefined> {
  const [client, stored] = await Promise.all([reader.get('mqtt_client', clientid), reader.query('mqtt_sub', clientid)]);
  if (client === undefined && stored.length === 0) return undefined;
  const subscriptions = subscribeLookup(stored, rules);
  const exact = subscriptions
    .map(({ filter }) => filter)
    .filter((filter) => !hasWildcard(filter) && isSelected(filter, selection));
  const topics = [...new Set(selection.kind === 'topic' ? [...exact, selection.topic] : exact)];
  const items: { msgid: string; topic: string; at: number; item: Item }[] = [];
  for (let start = 0; start < topics.length; start += AT_ONCE) {
    const step = topics
      .slice(start, start + AT_ONCE)
      .map((topic) => ofTopic(reader, { clientid, topic, subscriptions, rules }, now));
    items.push(...(await Promise.all(step)).flat());
  }
  const wildcards = selection.kind === 'topic' ? [] : subscriptions.filter(({ filter }) => hasWildcard(filter));
  const old = items.filter(({ at }) => isOldEnough(at, olderThanMs, now));
  const all = [...old.sort(byTime).map(({ item }) => item), ...(olderThanMs === undefined ? wildcards.map(wildcardRow) : [])];
  return state === undefined ? all : all.filter((item) => stateOf(item) === state);
}

async function ofTopic(
  reader: TableReader,
  {
    clientid,
    topic,
    subscriptions,
    rules,
  }: { clientid: string; topic: string; subscriptions: readonly ClientSubscription[]; rules: readonly HookRule[] },
  now: number,
) {
  const [map, acks] = await Promise.all([reader.get('mqtt_topic_msg_map', topic), reader.query('mqtt_acked', topic)]);
  const queued = new Set(queuedIds(map));
  const byOthers = acks.filter((ack) => textOf(ack, 'clientid') !== clientid).map((ack) => textOf(ack, 'msgid'));
  const ids = [...new Set([...queued, ...byOthers.filter((id) => id !== undefined)])];
  const messages = await readMessages(
    reader,
    ids.map((msgid) => ({ msgid })),
  );
  const fetching = fetchingSubscription(subscriptions, topic, rules);
  return ids.map((msgid) => {
    const found = messages.get(msgid);
    const fault = messageFault({ msgid, topic, clientid, queued: queued.has(msgid), item: found, acks });
    const reason = fault ?? ('fault' in fetching ? fetching.fault : undefined);
    const item: Item = {
      ...pendingRow(msgid, topic, found, now),
      deliverable: { BOOL: reason === undefined },
      reason: reason === undefined ? { NULL: true } : s(reason),
    };
    return { msgid, topic, at: msgidMillis(msgid) ?? Infinity, item };
  });
}

function stateOf(item: Item): PendingState | undefined {
  const reason = textOf(item, 'reason');
  if (reason === undefined) return 'deliverable';
  return reason === 'message_gone' ? 'gone' : reason === 'message_unreadable' ? 'unreadable' : undefined;
}

/** A wildcard subscription as an item: no message is behind it, whatever waits. */
function wildcardRow({ text, qos }: ClientSubscription): Item {
  const nothing = { NULL: true };
  return {
    msgid: nothing,
    time: nothing,
    age: nothing,
    topic: s(text),
    sender: nothing,
    qos: n(qos),
    bytes: nothing,
    preview: nothing,
    deliverable: { BOOL: false },
    reason: s('wildcard_subscription'),
  };
}

/** How many of the items would be delivered. */
export function countDeliverable(items: readonly Item[]): number {
  return items.filter((item) => 'BOOL' in item['deliverable']! && item['deliverable'].BOOL).length;
}
