import type { ExportedChange } from '../export/data-line.ts';
import { keyFault, keyOf, keyParts, type KeyPart } from '../export/keys.ts';
import { setOf, textOf, type Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';
import { sameItem } from '../same-item.ts';
import type { ItemChange } from './change.ts';

/** What an incremental export says of one item as a change; undefined where nothing is to be seen of one, or why it cannot be one. */
export function windowChange(
  table: TableName,
  { key, before, after }: ExportedChange,
): { change: ItemChange } | { fault: string } | undefined {
  if (before === undefined && after === undefined) return undefined;
  const parts: readonly KeyPart[] = keyParts(table, undefined) ?? [];
  for (const item of [key, before, after]) {
    if (item === undefined) continue;
    const fault = keyFault(item, parts);
    if (fault !== undefined) return { fault };
    if (!sameItem(keyOf(item, parts), key)) return { fault: 'has the image of another item' };
  }
  return { change: { kind: 'item', table, before, after } };
}

/** What takes a change back, where `now` is the item that is there: nothing where it is as before, or why it has to be left. */
export type TakeBack = { is: 'before' } | { is: 'due'; change: ItemChange } | { is: 'changed'; why: string };

export const GONE = 'the item is gone';
export const CHANGED = 'the item has changed meanwhile';

export function takeBackOf(change: ItemChange, now: Item | undefined): TakeBack {
  const { before, after } = change;
  if (sameItem(now, before) || sameItem(before, after)) return { is: 'before' };
  if (!sameItem(now, after)) return { is: 'changed', why: now === undefined ? GONE : CHANGED };
  return { is: 'due', change: { ...change, before: after, after: before } };
}

/** The ids of a topic that a window took and added, in an item that it may have made. */
export type IdsOfWindow = { topic: string; taken: readonly string[]; added: readonly string[]; made: boolean };

/**
 * A change of an item of mqtt_topic_msg_map as a change of its ids, so that ids that others add and take meanwhile do not matter.
 * Undefined where it is more than that: MsgId is no string set, or something else of the item changed.
 */
export function idsOfWindow({ before, after }: ItemChange): IdsOfWindow | undefined {
  const topic = textOf(before ?? after ?? {}, 'topic') ?? '';
  const [old, now] = [before, after].map((item) => item ?? { topic: { S: topic } });
  if (old === undefined || now === undefined || !hasIds(old) || !hasIds(now) || !sameItem(without(old), without(now))) {
    return undefined;
  }
  const [was, is] = [new Set(setOf(old, 'MsgId')), new Set(setOf(now, 'MsgId'))];
  const taken = [...was].filter((id) => !is.has(id));
  const added = [...is].filter((id) => !was.has(id));
  return taken.length + added.length === 0 ? undefined : { topic, taken, added, made: before === undefined };
}

/** What of a topic's ids is to be taken back, where `now` is its item: those to add again, and those to take. */
export function dueIds({ taken, added }: IdsOfWindow, now: Item | undefined): { add: string[]; take: string[] } | undefined {
  if (now !== undefined && !hasIds(now)) return undefined;
  const listed = new Set(setOf(now ?? {}, 'MsgId'));
  return { add: taken.filter((id) => !listed.has(id)), take: added.filter((id) => listed.has(id)) };
}

/** Whether an item of the map is there and lists nothing. */
export function isBare(topic: string, item: Item | undefined): boolean {
  return sameItem(item, { topic: { S: topic } });
}

function hasIds({ MsgId: value }: Item): boolean {
  return value === undefined || 'SS' in value;
}

function without(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'MsgId'));
}
