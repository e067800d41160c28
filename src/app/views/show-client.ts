import { queuedIds, subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import { fetchingSubscription, inTimeOrder } from '../../domain/delivery/judge.ts';
import { DEFAULT_RULES } from '../../domain/hooks/rules.ts';
import { itemBytes, n, s, textOf, type AttributeValue, type Item } from '../../domain/item.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { ageSeconds, msgidMillis } from '../../domain/records/times.ts';
import { clientState, NodeCensus, type Ghost } from '../../domain/records/clients.ts';
import { clientRow } from './list-clients.ts';
import { timeOfId } from './list-pending.ts';
import type { Figures, TableReader } from './table-reader.ts';

const NOTHING: AttributeValue = { NULL: true };

/** A table of clients up to this size is read whole to tell a ghost: 128 read units. */
const CENSUS_BYTES = 1 << 20;

/** What is known of one client: its state, and its stored subscriptions as items. `ghost` is a member of `client` if it was looked for. */
export type Dossier = { client: Item; subscriptions: Item[]; waiting: number };

/**
 * By key, but for a ghost among few clients: state, stored subscriptions, and under each exact topic what waits and what the client acked last.
 * Undefined for a client that no table knows. Acks of other topics cannot be found by key.
 */
export async function showClient(
  reader: TableReader & { figures?: Figures },
  clientid: string,
  now: number,
): Promise<Dossier | undefined> {
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
  const items = stored.map((sub, index) => {
    const subscription = subscriptions[index]!;
    return subscriptionRow(sub, subscription, {
      queue: queues.get(subscription.filter),
      ack: acked.get(subscription.filter),
      now,
    });
  });
  const fetched = new Set(topics.filter((topic) => 'by' in fetchingSubscription(subscriptions, topic, DEFAULT_RULES)));
  const waiting = [...fetched].reduce((sum, topic) => sum + queuedIds(queues.get(topic)).length, 0);
  const client = item ?? { clientid: s(clientid) };
  const census = item === undefined ? { ghost: undefined } : await ghostOf(reader, item);
  const { ghost, ...shown } = clientRow(client, census?.ghost, now);
  return {
    client: { ...shown, ...(census === undefined ? {} : { ghost: ghost! }), ...(item ? {} : { state: s('never seen') }) },
    subscriptions: items,
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

/** A dossier as one object. */
export function dossierItem({ client, subscriptions, waiting }: Dossier): Item {
  return { ...client, waiting: n(waiting), subscriptions: { L: subscriptions.map((item) => ({ M: item })) } };
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

function byTopic(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [textOf(item, 'topic') ?? '', item]));
}
