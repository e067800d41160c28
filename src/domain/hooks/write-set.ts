import { itemBytes, type AttributeValue, type Item } from '../item.ts';
import { KEYS, type TableName } from '../records/tables.ts';
import type { Mutation } from './mutation.ts';

/** One id on its way into or out of a topic's set, and the event that sent it. */
export type IdChange = { id: string; change: 'add' | 'remove'; event: number };

/** What one entry of a log takes, with its id. */
const ID_CHANGE_BYTES = 128;

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
  private readonly tables = new Map<TableName, Map<string, Pending>>();
  private held = 0;

  /** Roughly how many bytes the window holds. */
  get bytes(): number {
    return this.held;
  }

  add(event: number, mutation: Mutation): void {
    const pending = this.pendingOf(mutation.table);
    const key = keyIn(mutation);
    const before = pending.get(key);
    if (before !== undefined) this.held -= weight(before);
    const after = fold(before, mutation, event);
    this.held += weight(after);
    if (after !== before) pending.set(key, after);
  }

  /** The put that waits for the same key. */
  pendingPut(mutation: Mutation): Extract<Write, { kind: 'put' }> | undefined {
    const pending = this.tables.get(mutation.table)?.get(keyIn(mutation));
    return pending?.kind === 'put' ? pending : undefined;
  }

  /** The writes of the window, in the order in which their keys were first touched. The set is empty afterwards. */
  drain(): Write[] {
    const writes: Write[] = [];
    for (const pending of this.tables.values()) for (const one of pending.values()) writes.push(finish(one));
    this.tables.clear();
    this.held = 0;
    return writes;
  }

  private pendingOf(table: TableName): Map<string, Pending> {
    const known = this.tables.get(table);
    if (known) return known;
    const made = new Map<string, Pending>();
    this.tables.set(table, made);
    return made;
  }
}

/** A key of any table as text; no two different keys are the same text. */
export function keyText(write: Pick<Mutation, 'table' | 'key'>): string {
  return `${write.table}:${keyIn(write)}`;
}

/** A key within its table as text. The first of two parts says how long it is. */
function keyIn({ table, key }: Pick<Mutation, 'table' | 'key'>): string {
  const [partition, sort] = KEYS[table];
  const first = keyPart(key[partition!]!);
  return sort === undefined ? first : `${first.length}:${first}${keyPart(key[sort]!)}`;
}

function keyPart(value: AttributeValue): string {
  return 'S' in value ? value.S : JSON.stringify(value);
}

/** Bytes of what a pending write holds, roughly: enough to bound the memory of a window. */
function weight(pending: Pending): number {
  return pending.kind === 'ids' ? pending.log.length * ID_CHANGE_BYTES : pending.bytes;
}

function fold(before: Pending | undefined, mutation: Mutation, event: number): Pending {
  const { table, key } = mutation;
  switch (mutation.kind) {
    case 'put':
      return { kind: 'put', table, key, item: mutation.item, bytes: mutation.bytes, events: [event] };
    case 'delete':
      return { kind: 'delete', table, key, bytes: itemBytes(key), events: [event] };
    case 'set':
      return foldSet(before, mutation, event);
    default: {
      const pending =
        before?.kind === 'ids' ? before : ({ kind: 'ids', table, key, log: [] } as Extract<Pending, { kind: 'ids' }>);
      pending.log.push({ id: mutation.id, change: mutation.kind === 'add-id' ? 'add' : 'remove', event });
      return pending;
    }
  }
}

function foldSet(before: Pending | undefined, mutation: Mutation & { kind: 'set' }, event: number): Pending {
  const { table, key, values } = mutation;
  if (before?.kind === 'put') {
    const item = { ...before.item, ...values };
    // of several changes after a put only the last one remains
    return { kind: 'put', table, key, item, bytes: itemBytes(item), events: [before.events[0]!, event] };
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
export function foldIds(log: readonly IdChange[]): { add: string[]; remove: string[]; events: number[] } {
  const last = new Map<string, IdChange>();
  for (const change of log) last.set(change.id, change);
  const kept = [...last.values()];
  const lives = kept.some(({ change }) => change === 'add');
  const add = lives ? new Set(log.filter(({ change }) => change === 'add').map(({ id }) => id)) : new Set<string>();
  const remove = kept.filter(({ change }) => change === 'remove').map(({ id }) => id);
  return { add: [...add], remove, events: [...new Set(kept.map(({ event }) => event))] };
}

/** The write that changes of one topic's ids come to. */
export function idsWrite(table: TableName, key: Item, log: readonly IdChange[]): Extract<Write, { kind: 'ids' }> {
  const { add, remove, events } = foldIds(log);
  const bytes = itemBytes(key) + [...add, ...remove].reduce((sum, id) => sum + id.length, 0);
  return { kind: 'ids', table, key, add, remove, bytes, events, log };
}

function finish(pending: Pending): Write {
  return pending.kind === 'ids' ? idsWrite(pending.table, pending.key, pending.log) : pending;
}
