import { itemBytes, type Item } from '../item.ts';
import { KEYS, type TableName } from '../records/tables.ts';
import type { Mutation } from './mutation.ts';

/** One id on its way into or out of a topic's set, and the event that sent it. */
export type IdChange = { id: string; change: 'add' | 'remove'; event: number };

/** One write that remains after folding. `events` are those whose effect it carries. */
export type Write =
  | { kind: 'put'; table: TableName; key: Item; item: Item; bytes: number; events: readonly number[] }
  | { kind: 'delete'; table: TableName; key: Item; bytes: number; events: readonly number[] }
  | { kind: 'set'; table: TableName; key: Item; values: Item; bytes: number; events: readonly number[] }
  | {
      kind: 'ids';
      table: TableName;
      key: Item;
      add: readonly string[];
      remove: readonly string[];
      bytes: number;
      events: readonly number[];
      /** Every change in the order of its events, for a set so full that one by one is the only exact way. */
      log: readonly IdChange[];
    };

type Pending = Exclude<Write, { kind: 'ids' }> | { kind: 'ids'; table: TableName; key: Item; log: IdChange[] };

/**
 * Folds the mutations of a window of events per key: the last put wins, a put then a delete is a delete, a set folds into the
 * put before it, changes of one topic's ids become one ADD and one DELETE. Sending the drained writes leaves the tables as
 * every mutation alone, in order, would have left them.
 */
export class WriteSet {
  private readonly pending = new Map<string, Pending>();
  private held = 0;

  /** Distinct keys in the window. */
  get size(): number {
    return this.pending.size;
  }

  /** Roughly how many bytes the window holds. */
  get bytes(): number {
    return this.held;
  }

  add(event: number, mutation: Mutation): void {
    const key = keyOf(mutation);
    const before = this.pending.get(key);
    const after = fold(before, mutation, event);
    this.held += weight(mutation);
    this.pending.set(key, after);
  }

  /** The writes of the window, in the order in which their keys were first touched. The set is empty afterwards. */
  drain(): Write[] {
    const writes = [...this.pending.values()].map(finish);
    this.pending.clear();
    this.held = 0;
    return writes;
  }
}

/** Length-prefixed, so that no two different keys are the same text. */
function keyOf({ table, key }: Mutation): string {
  const [partition, sort] = KEYS[table].map((name) => JSON.stringify(key[name]));
  return `${table}:${partition!.length}:${partition!}${sort ?? ''}`;
}

function weight(mutation: Mutation): number {
  if (mutation.kind === 'put') return itemBytes(mutation.item);
  return 'id' in mutation ? mutation.id.length : itemBytes(mutation.key);
}

function fold(before: Pending | undefined, mutation: Mutation, event: number): Pending {
  const { table, key } = mutation;
  switch (mutation.kind) {
    case 'put':
      return { kind: 'put', table, key, item: mutation.item, bytes: itemBytes(mutation.item), events: [event] };
    case 'delete':
      return { kind: 'delete', table, key, bytes: itemBytes(key), events: [event] };
    case 'set':
      return foldSet(before, mutation, event);
    default: {
      const log = before?.kind === 'ids' ? before.log : [];
      log.push({ id: mutation.id, change: mutation.kind === 'add-id' ? 'add' : 'remove', event });
      return { kind: 'ids', table, key, log };
    }
  }
}

function foldSet(before: Pending | undefined, mutation: Mutation & { kind: 'set' }, event: number): Pending {
  const { table, key, values } = mutation;
  if (before?.kind === 'put') {
    const item = { ...before.item, ...values };
    return { kind: 'put', table, key, item, bytes: itemBytes(item), events: [...before.events, event] };
  }
  if (before?.kind === 'delete') {
    const item = { ...key, ...values };
    return { kind: 'put', table, key, item, bytes: itemBytes(item), events: [event] };
  }
  // a later set of the same attributes replaces the earlier one
  const covered = before?.kind === 'set' && Object.keys(before.values).every((name) => Object.hasOwn(values, name));
  const merged = before?.kind === 'set' ? { ...before.values, ...values } : values;
  const events = before?.kind === 'set' && !covered ? [...before.events, event] : [event];
  return { kind: 'set', table, key, values: merged, bytes: itemBytes(key) + itemBytes(merged), events };
}

/**
 * ADD goes before DELETE: with every id that was ever added in it, the set is at its largest then, so an ADD that fits means
 * that each step alone would have fitted too.
 */
function finish(pending: Pending): Write {
  if (pending.kind !== 'ids') return pending;
  const last = new Map<string, IdChange>();
  for (const change of pending.log) last.set(change.id, change);
  const kept = [...last.values()];
  const lives = kept.some(({ change }) => change === 'add');
  const add = lives ? new Set(pending.log.filter(({ change }) => change === 'add').map(({ id }) => id)) : new Set<string>();
  const remove = kept.filter(({ change }) => change === 'remove').map(({ id }) => id);
  const bytes = itemBytes(pending.key) + [...add, ...remove].reduce((sum, id) => sum + id.length, 0);
  const events = [...new Set(kept.map(({ event }) => event))];
  return { ...pending, add: [...add], remove, bytes, events };
}
