import { MqdynError, usageAt } from '../domain/errors.ts';
import { textOf } from '../domain/item.ts';
import { utf8ByteLength } from '../domain/mqtt/bytes.ts';
import { subscriptionFault } from '../domain/mqtt/topic.ts';
import { MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from '../domain/records/tables.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { deleteItem, putItem, queryItems } from '../dynamo/documents.ts';
import { retriedFor } from '../dynamo/retry.ts';
import { inParallel } from './in-parallel.ts';

export type Subscription = { clientid: string; topic: string; qos: number };

type WriteContext = { dynamo: Dynamo; liveName: (table: string) => string; signal: AbortSignal };

const RETRY_FOR_MS = 30_000;

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
export async function storeSubscriptions(context: WriteContext, subscriptions: readonly Subscription[]): Promise<void> {
  const distinct = new Map(subscriptions.map((each) => [JSON.stringify([each.clientid, each.topic]), each]));
  await writeEach([...distinct.values()], context, ({ clientid, topic, qos }) =>
    putItem(context.dynamo, context.liveName('mqtt_sub'), { clientid, topic, qos }, context.signal),
  );
}

export type Removed = { topic: string; status: 'deleted' | 'missing' };

/** Deletes the named subscriptions of a client, or all of them. */
export async function removeSubscriptions(
  context: WriteContext,
  clientid: string,
  topics: readonly string[] | 'all',
): Promise<Removed[]> {
  const { dynamo, liveName, signal } = context;
  const stored = new Set<string>();
  for await (const page of queryItems(dynamo, liveName('mqtt_sub'), ['clientid', clientid], signal)) {
    for (const item of page.items) stored.add(textOf(item, 'topic') ?? '');
  }
  const wanted = topics === 'all' ? [...stored] : [...new Set(topics)];
  const present = wanted.filter((topic) => stored.has(topic));
  await writeEach(present, context, (topic) => deleteItem(dynamo, liveName('mqtt_sub'), { clientid, topic }, signal));
  return wanted.map((topic) => ({ topic, status: stored.has(topic) ? 'deleted' : 'missing' }));
}

/** A table that throttles is given time. */
async function writeEach<T>(all: readonly T[], { signal }: WriteContext, write: (each: T) => Promise<void>): Promise<void> {
  await inParallel(all, (each) => retriedFor(RETRY_FOR_MS, () => write(each), signal), signal);
}
