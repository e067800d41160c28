import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** One id on its way into or out of a topic's set, and the event that sent it. */
export type IdChange = { id: string; change: 'add' | 'remove'; event: number };

/**
 * One write that remains after folding. `events` are those whose effect it carries; `bytes` count what it brings along. Whole
 * items of any table can be put and deleted; what changes a part of an item knows it, and is of a table of the backend.
 */
export type Write<Table extends string = TableName> =
  | BatchWrite<Table>
  | { kind: 'set'; table: TableName; key: Item; values: Item; bytes: number; events: readonly number[] }
  | IdsWrite;

/** A write that one call can make together with others. */
export type BatchWrite<Table extends string = TableName> =
  | { kind: 'put'; table: Table; key: Item; item: Item; bytes: number; events: readonly number[] }
  | { kind: 'delete'; table: Table; key: Item; bytes: number; events: readonly number[] };

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
