import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** One id on its way into or out of a topic's set, and the event that sent it. */
export type IdChange = { id: string; change: 'add' | 'remove'; event: number };

/** One write that remains after folding. `events` are those whose effect it carries; `bytes` count what it brings along. */
export type Write =
  | { kind: 'put'; table: TableName; key: Item; item: Item; bytes: number; events: readonly number[] }
  | { kind: 'delete'; table: TableName; key: Item; bytes: number; events: readonly number[] }
  | { kind: 'set'; table: TableName; key: Item; values: Item; bytes: number; events: readonly number[] }
  | IdsWrite;

export type IdsWrite = {
  kind: 'ids';
  table: TableName;
  key: Item;
  add: readonly string[];
  remove: readonly string[];
  events: readonly number[];
  /** Every change in the order of its events, for a set so full that one by one is the only exact way. */
  log: readonly IdChange[];
};
