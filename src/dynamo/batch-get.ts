import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { pause } from './back-off.ts';
import type { Dynamo } from './client.ts';

/** DynamoDB's limit of one BatchGetItem. */
export const MAX_BATCH_KEYS = 100;

/** So long without one more item is too long, and the first and the longest pause in between, in milliseconds. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 50;
const MAX_PAUSE = 5_000;

/** Items and the read capacity units that they cost. */
export type BatchRead = { items: Item[]; units: number };

/** One BatchGetItem: what was read, and the keys that DynamoDB left over. */
type ReadKeys<K> = (keys: K[]) => Promise<BatchRead & { left: K[] }>;

type Where = { table: string; signal: AbortSignal };

/**
 * Reads items by their keys, in no particular order; a key without an item is left out. Keys that DynamoDB leaves over are
 * read again, with growing pauses, until every one is answered. Rejects with E_THROTTLED when nothing moves any more.
 */
export async function batchGet<K extends object>(keys: readonly K[], readKeys: ReadKeys<K>, where: Where): Promise<BatchRead> {
  const read: BatchRead = { items: [], units: 0 };
  // the same key twice makes DynamoDB refuse the whole call
  const distinct = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  for (let start = 0; start < distinct.length; start += MAX_BATCH_KEYS) {
    await readBatch(distinct.slice(start, start + MAX_BATCH_KEYS), read, readKeys, where);
  }
  return read;
}

/** The same in DynamoDB's own JSON. */
export async function batchGetRaw(
  dynamo: Dynamo,
  table: string,
  keys: readonly Item[],
  signal: AbortSignal,
  { consistent = false } = {},
): Promise<BatchRead> {
  const how = consistent ? { ConsistentRead: true } : {};
  const readKeys: ReadKeys<Item> = async (Keys) => {
    const input = { RequestItems: { [table]: { Keys, ...how } }, ReturnConsumedCapacity: 'TOTAL' } as const;
    const reply = await dynamo.call('BatchGetItem', input, signal);
    return {
      items: reply.Responses?.[table] ?? [],
      left: reply.UnprocessedKeys?.[table]?.Keys ?? [],
      units: unitsOf(reply.ConsumedCapacity),
    };
  };
  return batchGet(keys, readKeys, { table, signal });
}

/** What the tables of one call took together. */
export function unitsOf(capacities: readonly { CapacityUnits?: number | undefined }[] = []): number {
  return capacities.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

async function readBatch<K>(keys: K[], read: BatchRead, readKeys: ReadKeys<K>, { table, signal }: Where): Promise<void> {
  let left = keys;
  let lastProgress = performance.now();
  let ceiling = FIRST_PAUSE;
  while (left.length > 0) {
    const { items, left: rest, units } = await readKeys(left);
    read.items.push(...items);
    read.units += units;
    if (rest.length === 0) return;
    if (rest.length < left.length) {
      lastProgress = performance.now();
      ceiling = FIRST_PAUSE;
    } else if (performance.now() - lastProgress > PATIENCE) {
      throw new MqdynError('E_THROTTLED', `table ${table} answered no reads for ${PATIENCE / 1000} s`);
    }
    await pause(Math.random() * ceiling, signal);
    ceiling = Math.min(MAX_PAUSE, ceiling * 2);
    left = rest;
  }
}
