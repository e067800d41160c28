import { isUnchanged, type ItemNames } from '../domain/changes/condition.ts';
import { Placeholders } from '../domain/expression/placeholders.ts';
import type { Item } from '../domain/item.ts';
import { sameItem } from '../domain/same-item.ts';
import type { Dynamo } from './client.ts';
import { isRejected } from './errors.ts';
import { writeItem, type KeyedOutcome, type KeyedWrite } from './keyed-writes.ts';

/** An item of a live table: its key in DynamoDB's own form. */
export type Place = { dynamo: Dynamo; live: string; names: ItemNames; key: Item; signal: AbortSignal };

/** How an item was read, and how it is to be; undefined where there is none. */
export type Replacement = { before: Item | undefined; after: Item | undefined };

/** A further condition, whose names and values it puts among those of the call. */
export type Demand = (placeholders: Placeholders) => string;

/** What became of it. `now` is the item that stood against it, `why` what DynamoDB or the program has against it for good. */
export type ItemOutcome = { made: true; units: number } | { made: false; now: Item | undefined } | { made: false; why: string };

/**
 * Makes, replaces or deletes an item if it still is as it was read. What is there already counts as made: the reply to the first
 * call may have been lost.
 */
export async function changeItem(place: Place, { before, after }: Replacement, demand?: Demand): Promise<ItemOutcome> {
  const placeholders = new Placeholders();
  const unchanged = isUnchanged(place.names, before, placeholders);
  if (unchanged === undefined) return { made: false, why: 'the item has too many attributes to be compared' };
  const condition = demand === undefined ? unchanged : `${unchanged} AND (${demand(placeholders)})`;
  const outcome = await tried(place, {
    ...(after === undefined ? { delete: place.key } : { put: after }),
    condition,
    placeholders,
  });
  if ('why' in outcome) return { made: false, why: outcome.why };
  if (outcome.done) return { made: true, units: outcome.units };
  const now = await readItem(place);
  return sameItem(now, after) && !sameItem(before, after) ? { made: true, units: 0 } : { made: false, now };
}

/** A write that DynamoDB refuses for good, a set that is full for instance, is told as what stood against it. */
export async function tried(
  { dynamo, live, signal }: Omit<Place, 'key' | 'names'>,
  write: KeyedWrite,
): Promise<KeyedOutcome | { why: string }> {
  try {
    return await writeItem(dynamo, live, write, signal);
  } catch (error) {
    if (isRejected(error)) return { why: error.serviceMessage };
    throw error;
  }
}

/** The item as it is now, with every attribute. */
export async function readItem({ dynamo, live, key, signal }: Omit<Place, 'names'>): Promise<Item | undefined> {
  const reply = await dynamo.call('GetItem', { TableName: live, Key: key, ConsistentRead: true }, signal);
  return reply.Item;
}
