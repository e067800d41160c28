import { itemBytes } from '../item.ts';
import type { Mutation } from './mutation.ts';
import type { Write } from './write.ts';

/** A write of one item. Changes of a topic's ids are collected instead, see `idsWrite`. */
export type ItemWrite = Exclude<Write, { kind: 'ids' }>;
export type ItemMutation = Exclude<Mutation, { kind: 'add-id' | 'remove-id' }>;

/**
 * What a mutation comes to after the write that waits for the same key: the last put or delete wins, a set folds into the put
 * before it, and after a delete makes a new item.
 */
export function fold(before: ItemWrite | undefined, mutation: ItemMutation, event: number): ItemWrite {
  const { table, key } = mutation;
  const events = [event];
  if (mutation.kind === 'put') return { kind: 'put', table, key, item: mutation.item, bytes: mutation.bytes, events };
  if (mutation.kind === 'delete') return { kind: 'delete', table, key, bytes: itemBytes(key), events };
  const { values } = mutation;
  switch (before?.kind) {
    case undefined:
      return { kind: 'set', table, key, values, bytes: itemBytes(key) + itemBytes(values), events };
    case 'set': {
      // a later set of the same attributes replaces the earlier one
      const replaced = Object.keys(before.values).every((name) => Object.hasOwn(values, name));
      const all = { ...before.values, ...values };
      const carried = replaced ? events : [...before.events, event];
      return { kind: 'set', table, key, values: all, bytes: itemBytes(key) + itemBytes(all), events: carried };
    }
    case 'put': {
      const item = { ...before.item, ...values };
      // of several changes after a put only the last one remains
      return { kind: 'put', table, key, item, bytes: itemBytes(item), events: [...before.events.slice(0, 1), event] };
    }
    case 'delete': {
      const item = { ...key, ...values };
      return { kind: 'put', table, key, item, bytes: itemBytes(item), events };
    }
  }
}
