import { queuedIds, subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import { fetchingSubscription, inTimeOrder } from '../../domain/delivery/judge.ts';
import { DEFAULT_RULES } from '../../domain/hooks/rules.ts';
import { itemBytes, s, textOf, type Item } from '../../domain/item.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { ageSeconds, msgidMillis } from '../../domain/records/times.ts';
import { clientState, NodeCensus, type Ghost } from '../../domain/records/clients.ts';
import type { ClientDossier, SubscriptionView } from '../../domain/views/clients.ts';
import { clientView } from './list-clients.ts';
import { microsOfId } from './list-pending.ts';
import type { Figures, TableReader } from './table-reader.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** A table of clients up to this size is read whole to tell a ghost: 128 read units. */
const CENSUS_BYTES = 1 << 20;

/**
 * By key, but for a ghost among few clients: state, stored subscriptions, and under each exact topic what waits and what the client acked last.
 * Undefined for a client that no table knows. Acks of other topics cannot be found by key.
 */
export async function showClient(
  reader: TableReader & { figures?: Figures },
  clientid: string,
  now: number,
): Promise<ClientDossier | undefined> {
  const [item, stored] = await Promise.all([reader.get('mqtt_client', clientid), reader.query('mqtt_sub', clientid)]);
  if (item === undefined && stored.length === 0) return undefined;
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
  const views = pairsOf(stored, subscriptions).map(([sub, subscription]) => {
    return subscriptionView(sub, subscription, {
      queue: queues.get(subscription.filter),
      ack: acked.get(subscription.filter),
      now,
    });
  });
  const fetched = new Set(topics.filter((topic) => 'by' in fetchingSubscription(subscriptions, topic, DEFAULT_RULES)));
  const waiting = [...fetched].reduce((sum, topic) => sum + queuedIds(queues.get(topic)).length, 0);
  const census = item === undefined ? { ghost: undefined } : await ghostOf(reader, item);
  const client = clientView(item ?? { clientid: s(clientid) }, census?.ghost, now);
  return {
    client: item === undefined ? { ...client, state: 'never seen' } : client,
    ghostKnown: census !== undefined,
    subscriptions: views,
    waiting,
  };
}

/** Whether a client that says online is a ghost, shown as in the list of all; undefined where that would cost too much. */
async function ghostOf(
  reader: TableReader & { figures?: Figures },
  item: Item,
): Promise<{ ghost: Ghost | undefined } | undefined> {
  if (clientState(item) !== 'online') return { ghost: undefined };
  if ((reader.figures?.get('mqtt_client')?.bytes ?? 0) > CENSUS_BYTES) return undefined;
  const census = new NodeCensus();
  let bytes = 0;
  for await (const block of reader.scan('mqtt_client')) {
    for (const each of block) {
      census.add(each);
      bytes += itemBytes(each);
    }
    if (bytes > CENSUS_BYTES) return undefined;
  }
  return { ghost: census.ghost(item) };
}

function subscriptionView(
  stored: Item,
  subscription: ClientSubscription,
  { queue, ack, now }: { queue: Item | undefined; ack: Item | undefined; now: number },
): SubscriptionView {
  const fetching = fetchingSubscription([subscription], subscription.filter, DEFAULT_RULES);
  const wildcard = hasWildcard(subscription.filter);
  const ids = queuedIds(queue);
  const acked = ack && textOf(ack, 'msgid');
  return {
    item: stored,
    fault: wildcard ? 'wildcard_subscription' : 'by' in fetching ? undefined : fetching.fault,
    waiting: wildcard ? undefined : ids.length,
    oldest: ageSeconds(firstMillis(ids), now),
    acked,
    ackedMicros: acked === undefined ? undefined : microsOfId(acked),
  };
}

function firstMillis(ids: readonly string[]): number | undefined {
  const [first] = inTimeOrder(ids);
  return first === undefined ? undefined : msgidMillis(first);
}

function byTopic(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [textOf(item, 'topic') ?? '', item]));
}
