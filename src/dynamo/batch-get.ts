import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Dynamo } from './client.ts';

/** DynamoDB's limit of one BatchGetItem. */
export const MAX_BATCH_KEYS = 100;

/** So long without one more item is too long, and the first and the longest pause in between, in milliseconds. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 50;
const MAX_PAUSE = 5_000;

type Keys = { Keys: Item[] };
type Reply = {
  Responses?: Record<string, Item[]>;
  UnprocessedKeys?: Record<string, Keys>;
  ConsumedCapacity?: { CapacityUnits: number }[];
};

export type BatchRead = { items: Item[]; units: number };

/**
 * Reads items by their keys, in no particular order; a key without an item is left out. Keys that DynamoDB leaves over are
 * read again, with growing pauses, until every one is answered. Rejects with E_THROTTLED when nothing moves any more.
 */
export async function batchGet(dynamo: Dynamo, table: string, keys: readonly Item[], signal: AbortSignal): Promise<BatchRead> {
  const read: BatchRead = { items: [], units: 0 };
  // the same key twice makes DynamoDB refuse the whole call
  const distinct = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  for (let start = 0; start < distinct.length; start += MAX_BATCH_KEYS) {
    await readBatch(dynamo, table, distinct.slice(start, start + MAX_BATCH_KEYS), read, signal);
  }
  return read;
}

async function readBatch(dynamo: Dynamo, table: string, keys: Item[], read: BatchRead, signal: AbortSignal): Promise<void> {
  let left = keys;
  let lastProgress = performance.now();
  let ceiling = FIRST_PAUSE;
  while (left.length > 0) {
    const input = { RequestItems: { [table]: { Keys: left } }, ReturnConsumedCapacity: 'TOTAL' };
    const reply = await dynamo.call<Reply>('BatchGetItem', input, signal);
    read.items.push(...(reply.Responses?.[table] ?? []));
    for (const { CapacityUnits } of reply.ConsumedCapacity ?? []) read.units += CapacityUnits;
    const rest = reply.UnprocessedKeys?.[table]?.Keys ?? [];
    if (rest.length === 0) return;
    if (rest.length < left.length) {
      lastProgress = performance.now();
      ceiling = FIRST_PAUSE;
    } else if (performance.now() - lastProgress > PATIENCE) {
      throw new MqdynError('E_THROTTLED', `table ${table} answered no reads for ${PATIENCE / 1000} s`);
    }
    await delay(Math.random() * ceiling, undefined, { signal });
    ceiling = Math.min(MAX_PAUSE, ceiling * 2);
    left = rest;
  }
}
