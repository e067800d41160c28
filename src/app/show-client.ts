import { queuedIds, subscribeLookup, type ClientSubscription } from '../domain/delivery/fetch.ts';
import { fetchingSubscription, inTimeOrder } from '../domain/delivery/judge.ts';
import { DEFAULT_RULES } from '../domain/hooks/rules.ts';
import { n, s, textOf, type AttributeValue, type Item } from '../domain/item.ts';
import { hasWildcard } from '../domain/mqtt/topic.ts';
import { ageSeconds, msgidMillis } from '../domain/records/times.ts';
import { clientRow } from './list-clients.ts';
import { timeOfId } from './list-pending.ts';
import type { TableReader } from './table-reader.ts';

const NOTHING: AttributeValue = { NULL: true };

/** What is known of one client: its state, and its stored subscriptions as rows. */
export type Dossier = { client: Item; subscriptions: Item[]; waiting: number };

/**
 * Everything by key: state, stored subscriptions, and under each exact topic what waits and what the client acked last.
 * Undefined for a client that no table knows. Acks of other topics cannot be found by key.
 */
export async function showClient(reader: TableReader, clientid: string, now: number): Promise<Dossier | undefined> {
  const [row, stored] = await Promise.all([reader.get('mqtt_client', clientid), reader.query('mqtt_sub', clientid)]);
  if (row === undefined && stored.length === 0) return undefined;
  const subscriptions = subscribeLookup(stored, DEFAULT_RULES);
  const topics = [...new Set(subscriptions.map(({ filter }) => filter).filter((filter) => !hasWildcard(filter)))];
  const keys = topics.map((topic) => [topic]);
  const [maps, acks] = await Promise.all([
    reader.batch('mqtt_topic_msg_map', keys),
    reader.batch(
      'mqtt_acked',
      topics.map((topic) => [topic, clientid]),
    ),
  ]);
  const queues = byTopic(maps);
  const acked = byTopic(acks);
  const rows = stored.map((sub, index) => {
    const subscription = subscriptions[index]!;
    return subscriptionRow(sub, subscription, {
      queue: queues.get(subscription.filter),
      ack: acked.get(subscription.filter),
      now,
    });
  });
  const fetched = new Set(topics.filter((topic) => 'by' in fetchingSubscription(subscriptions, topic, DEFAULT_RULES)));
  const waiting = [...fetched].reduce((sum, topic) => sum + queuedIds(queues.get(topic)).length, 0);
  const client = row ?? { clientid: s(clientid) };
  return {
    client: { ...clientRow(client, undefined, now), ...(row ? {} : { state: s('never seen') }) },
    subscriptions: rows,
    waiting,
  };
}

/** A dossier as one object. */
export function dossierItem({ client, subscriptions, waiting }: Dossier): Item {
  const { ghost: _, ...rest } = client;
  return { ...rest, waiting: n(waiting), subscriptions: { L: subscriptions.map((row) => ({ M: row })) } };
}

function subscriptionRow(
  stored: Item,
  subscription: ClientSubscription,
  { queue, ack, now }: { queue: Item | undefined; ack: Item | undefined; now: number },
): Item {
  const { clientid: _, ...shown } = stored;
  const fetching = fetchingSubscription([subscription], subscription.filter, DEFAULT_RULES);
  const wildcard = hasWildcard(subscription.filter);
  const ids = queuedIds(queue);
  const oldest = ageSeconds(firstMillis(ids), now);
  const acked = ack === undefined ? undefined : textOf(ack, 'msgid');
  return {
    ...shown,
    fetches: s(wildcard ? 'wildcard_subscription' : 'by' in fetching ? 'yes' : fetching.fault),
    waiting: wildcard ? NOTHING : n(ids.length),
    oldest: oldest === undefined ? NOTHING : n(oldest),
    acked: acked === undefined ? NOTHING : s(acked),
    ackedAt: acked === undefined ? NOTHING : timeOfId(acked),
  };
}

function firstMillis(ids: readonly string[]): number | undefined {
  const [first] = inTimeOrder(ids);
  return first === undefined ? undefined : msgidMillis(first);
}

function byTopic(rows: readonly Item[]): Map<string, Item> {
  return new Map(rows.map((row) => [textOf(row, 'topic') ?? '', row]));
}
