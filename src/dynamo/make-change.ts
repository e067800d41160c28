import type { Change, IdsChange, ItemChange } from '../domain/changes/change.ts';
import { isStill } from '../domain/changes/condition.ts';
import { Placeholders } from '../domain/expression/placeholders.ts';
import { s, setOf, type Item } from '../domain/item.ts';
import { keyItem, itemKeyOf } from '../domain/records/keys.ts';
import { sameItem } from '../domain/same-item.ts';
import type { Dynamo } from './client.ts';
import { isRejected } from './errors.ts';
import { writeItem, type KeyedOutcome, type KeyedWrite } from './keyed-writes.ts';

/**
 * What became of a change, and the write capacity units that it took; `emptied`: ids were taken, and none is left. `why` says what
 * stood against it; nothing was done then.
 */
export type ChangeOutcome = { made: true; units: number; emptied?: boolean } | { made: false; why: string };

type Where = { dynamo: Dynamo; liveName: (table: string) => string; signal: AbortSignal };

/**
 * Makes a change where everything still is as it was read: whoever else changed the item meanwhile wins. A change that is there
 * already, for instance from a run that was killed, counts as made.
 */
export async function makeChange(where: Where, change: Change): Promise<ChangeOutcome> {
  return change.kind === 'item' ? changeItem(where, change) : changeIdSet(where, change);
}

async function changeItem(where: Where, { table, before, after }: ItemChange): Promise<ChangeOutcome> {
  const condition = isStill(table, before);
  if (condition === undefined) return { made: false, why: 'the item has too many attributes to be compared' };
  const { expression, placeholders } = condition;
  const known = before ?? after;
  if (known === undefined) throw new Error('a change of no item');
  const key = keyOf(table, known);
  const write: KeyedWrite = { ...(after === undefined ? { delete: key } : { put: after }), condition: expression, placeholders };
  const outcome = await tried(where, table, write);
  if ('why' in outcome) return { made: false, why: outcome.why };
  if (outcome.done) return { made: true, units: outcome.units };
  const now = await readItem(where, table, key);
  if (sameItem(now, after)) return { made: true, units: 0 };
  return { made: false, why: now === undefined ? 'the item is gone' : 'the item has changed meanwhile' };
}

async function changeIdSet(where: Where, { kind, table, topic, ids }: IdsChange): Promise<ChangeOutcome> {
  const placeholders = new Placeholders();
  const set = placeholders.name('MsgId');
  const verb = kind === 'add-ids' ? 'ADD' : 'DELETE';
  const expression = `${verb} ${set} ${placeholders.value({ SS: [...ids] })}`;
  // engines other than AWS make an item when ids are taken from one that is not there
  const condition = kind === 'add-ids' ? undefined : `attribute_exists(${placeholders.name('topic')})`;
  const outcome = await tried(where, table, { update: { topic: s(topic) }, expression, condition, placeholders });
  if ('why' in outcome) return { made: false, why: outcome.why };
  if (!outcome.done) return { made: true, units: 0 };
  return { made: true, units: outcome.units, emptied: kind === 'take-ids' && isEmptied(outcome.old ?? {}, new Set(ids)) };
}

/** Whether ids that were taken leave nothing but the key. */
function isEmptied(old: Item, taken: ReadonlySet<string>): boolean {
  const isBare = Object.keys(old).every((name) => name === 'topic' || name === 'MsgId');
  return isBare && setOf(old, 'MsgId').every((id) => taken.has(id));
}

/** A write that DynamoDB refuses for good, a set that is full for instance, is told as what stood against it. */
async function tried(
  { dynamo, liveName, signal }: Where,
  table: string,
  write: KeyedWrite,
): Promise<KeyedOutcome | { why: string }> {
  try {
    return await writeItem(dynamo, liveName(table), write, signal);
  } catch (error) {
    if (isRejected(error)) return { why: error.serviceMessage };
    throw error;
  }
}

/** The item under a key as it is now, with every attribute. */
export async function readItem({ dynamo, liveName, signal }: Where, table: string, Key: Item): Promise<Item | undefined> {
  const reply = await dynamo.call('GetItem', { TableName: liveName(table), Key, ConsistentRead: true }, signal);
  return reply.Item;
}

function keyOf(table: ItemChange['table'], item: Item): Item {
  return keyItem(itemKeyOf(table, item));
}
