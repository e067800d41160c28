import { queuedIds, subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import { fetchingSubscription, messageFault } from '../../domain/delivery/judge.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { textOf } from '../../domain/item.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { isSelected } from '../../domain/mqtt/topic-selection.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import type { ClientPendingView, PendingState, WildcardView } from '../../domain/views/messages.ts';
import { byTime, isOldEnough, readMessages, waitingView, type PendingChoice } from './list-pending.ts';
import type { TableReader } from './table-reader.ts';

/** Topics whose items are read at a time. */
const AT_ONCE = 8;

/**
 * What a client would get with its next new subscriptions and what it would not, and why, in the order of time. Everything
 * by key: under each topic that an exact subscription names, what the map lists and what others acked last. A wildcard
 * subscription finds nothing, so it stands for itself. Undefined for a client that no table knows.
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
): Promise<(ClientPendingView | WildcardView)[] | undefined> {
  const [client, stored] = await Promise.all([reader.get('mqtt_client', clientid), reader.query('mqtt_sub', clientid)]);
  if (client === undefined && stored.length === 0) return undefined;
  const subscriptions = subscribeLookup(stored, rules);
  const exact = subscriptions
    .map(({ filter }) => filter)
    .filter((filter) => !hasWildcard(filter) && isSelected(filter, selection));
  const topics = [...new Set(selection.kind === 'topic' ? [...exact, selection.topic] : exact)];
  const found: (ClientPendingView & { at: number })[] = [];
  for (let start = 0; start < topics.length; start += AT_ONCE) {
    const step = topics
      .slice(start, start + AT_ONCE)
      .map((topic) => ofTopic(reader, { clientid, topic, subscriptions, rules }, now));
    found.push(...(await Promise.all(step)).flat());
  }
  const wildcards = selection.kind === 'topic' ? [] : subscriptions.filter(({ filter }) => hasWildcard(filter));
  const old = found.filter(({ at }) => isOldEnough(at, olderThanMs, now)).sort(byTime);
  const all = [...old, ...(olderThanMs === undefined ? wildcards.map(wildcardView) : [])];
  return state === undefined ? all : all.filter((view) => stateOf(view) === state);
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
    const ownFault = messageFault({ msgid, topic, clientid, queued: queued.has(msgid), item: found, acks });
    const fault = ownFault ?? ('fault' in fetching ? fetching.fault : undefined);
    return { ...waitingView(msgid, topic, found, now), fault, at: msgidMillis(msgid) ?? Infinity };
  });
}

function stateOf({ fault }: ClientPendingView | WildcardView): PendingState | undefined {
  if (fault === undefined) return 'deliverable';
  return fault === 'message_gone' ? 'gone' : fault === 'message_unreadable' ? 'unreadable' : undefined;
}

/** A wildcard subscription: no message is behind it, whatever waits. */
function wildcardView({ text, qos }: ClientSubscription): WildcardView {
  return { msgid: undefined, topic: text, qos, fault: 'wildcard_subscription' };
}
