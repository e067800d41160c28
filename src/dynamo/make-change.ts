import { changedItem, type Change, type IdsChange, type ItemChange } from '../domain/changes/change.ts';
import { namesOf } from '../domain/changes/condition.ts';
import { Placeholders } from '../domain/expression/placeholders.ts';
import { s, setOf, type Item } from '../domain/item.ts';
import { keyItem, itemKeyOf } from '../domain/records/keys.ts';
import { changeItem, readItem as readPlace, tried } from './change-item.ts';
import type { Dynamo } from './client.ts';

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
  return change.kind === 'item' ? changeOne(where, change) : changeIdSet(where, change);
}

async function changeOne(where: Where, change: ItemChange): Promise<ChangeOutcome> {
  const { table, before, after } = change;
  const key = keyItem(itemKeyOf(table, changedItem(change)));
  const place = { dynamo: where.dynamo, live: where.liveName(table), names: namesOf(table), key, signal: where.signal };
  const outcome = await changeItem(place, { before, after });
  if (outcome.made || 'why' in outcome) return outcome;
  return { made: false, why: outcome.now === undefined ? 'the item is gone' : 'the item has changed meanwhile' };
}

async function changeIdSet(where: Where, { kind, table, topic, ids }: IdsChange): Promise<ChangeOutcome> {
  const placeholders = new Placeholders();
  const set = placeholders.name('MsgId');
  const verb = kind === 'add-ids' ? 'ADD' : 'DELETE';
  const expression = `${verb} ${set} ${placeholders.value({ SS: [...ids] })}`;
  // engines other than AWS make an item when ids are taken from one that is not there
  const condition = kind === 'add-ids' ? undefined : `attribute_exists(${placeholders.name('topic')})`;
  const place = { dynamo: where.dynamo, live: where.liveName(table), signal: where.signal };
  const outcome = await tried(place, { update: { topic: s(topic) }, expression, condition, placeholders });
  if ('why' in outcome) return { made: false, why: outcome.why };
  if (!outcome.done) return { made: true, units: 0 };
  return { made: true, units: outcome.units, emptied: kind === 'take-ids' && isEmptied(outcome.old ?? {}, new Set(ids)) };
}

/** Whether ids that were taken leave nothing but the key. */
function isEmptied(old: Item, taken: ReadonlySet<string>): boolean {
  const isBare = Object.keys(old).every((name) => name === 'topic' || name === 'MsgId');
  return isBare && setOf(old, 'MsgId').every((id) => taken.has(id));
}

/** The item under a key as it is now, with every attribute. */
export async function readItem({ dynamo, liveName, signal }: Where, table: string, key: Item): Promise<Item | undefined> {
  return readPlace({ dynamo, live: liveName(table), key, signal });
}
