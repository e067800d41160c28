import { MqdynError, usageAt } from '../domain/errors.ts';
import type { Write } from '../domain/hooks/write.ts';
import { itemBytes, s, textOf, type Item } from '../domain/item.ts';
import { utf8ByteLength } from '../domain/mqtt/bytes.ts';
import { subscriptionFault } from '../domain/mqtt/topic.ts';
import { subscriptionItem } from '../domain/records/items.ts';
import { MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from '../domain/records/tables.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { queryPages } from '../dynamo/pages.ts';
import { Writer } from '../dynamo/writer.ts';

export type Subscription = { clientid: string; topic: string; qos: number };

type Place = { dynamo: Dynamo; liveName: (table: string) => string; signal: AbortSignal; notice: (sentence: string) => void };

const CONCURRENCY = 8;
const RETRY_FOR_MS = 30_000;

/** Stored subscriptions of one client. */
async function* storedSubscriptions(place: Place, clientid: string): AsyncGenerator<readonly Item[]> {
  const TableName = place.liveName('mqtt_sub');
  const input = { TableName, KeyConditionExpression: 'clientid = :id', ExpressionAttributeValues: { ':id': s(clientid) } };
  for await (const page of queryPages(place.dynamo, input, place.signal)) yield page.items;
}

/** Throws a usage error for the first subscription that no broker would take or no table could hold. */
export function checkSubscriptions(subscriptions: readonly Subscription[]): void {
  for (const { clientid, topic, qos } of subscriptions) {
    const fault = subscriptionFault(topic);
    if (fault) throw usageAt(`invalid topic filter: ${fault.message}`, topic, fault.position);
    checkBytes('client id', clientid, MAX_PARTITION_KEY_BYTES);
    checkBytes('topic filter', topic, MAX_SORT_KEY_BYTES);
    if (![0, 1, 2].includes(qos)) throw new MqdynError('E_USAGE', `invalid QoS ${qos} for ${topic}: it must be 0, 1 or 2`);
  }
}

function checkBytes(what: string, text: string, limit: number): void {
  const bytes = utf8ByteLength(text);
  if (text === '' || text.includes('\0')) throw new MqdynError('E_USAGE', `the ${what} is empty or contains U+0000`);
  if (bytes > limit) throw new MqdynError('E_USAGE', `the ${what} has ${bytes} bytes; mqtt_sub allows ${limit}`);
}

/** Stores subscriptions; one of the same client and filter is replaced. */
export async function storeSubscriptions(place: Place, subscriptions: readonly Subscription[]): Promise<void> {
  const rows = new Map(
    subscriptions.map((subscription) => [JSON.stringify([subscription.clientid, subscription.topic]), subscription]),
  );
  await send(
    place,
    [...rows.values()].map((subscription) => {
      const item = subscriptionItem(subscription);
      return { kind: 'put', table: 'mqtt_sub', key: keyOf(subscription), item, bytes: itemBytes(item), events: [] };
    }),
  );
}

export type Removed = { topic: string; status: 'deleted' | 'missing' };

/** Deletes the named subscriptions of a client, or all of them. */
export async function removeSubscriptions(place: Place, clientid: string, topics: readonly string[] | 'all'): Promise<Removed[]> {
  const stored = new Set<string>();
  for await (const block of storedSubscriptions(place, clientid)) {
    for (const item of block) stored.add(textOf(item, 'topic') ?? '');
  }
  const wanted = topics === 'all' ? [...stored] : [...new Set(topics)];
  const present = wanted.filter((topic) => stored.has(topic));
  await send(
    place,
    present.map((topic) => {
      const key = keyOf({ clientid, topic });
      return { kind: 'delete', table: 'mqtt_sub', key, bytes: itemBytes(key), events: [] };
    }),
  );
  return wanted.map((topic) => ({ topic, status: stored.has(topic) ? 'deleted' : 'missing' }));
}

function keyOf({ clientid, topic }: { clientid: string; topic: string }): Item {
  return { clientid: s(clientid), topic: s(topic) };
}

async function send(place: Place, writes: readonly Write[]): Promise<void> {
  const { liveName, notice, signal } = place;
  const writer = new Writer(place.dynamo, { concurrency: CONCURRENCY, retryForMs: RETRY_FOR_MS, liveName, notice });
  const [refusal] = await writer.send(writes, signal);
  if (refusal) throw new MqdynError('E_SERVICE', `DynamoDB refused a subscription: ${refusal.detail}`);
}
