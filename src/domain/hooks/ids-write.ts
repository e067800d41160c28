import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';
import type { IdChange, IdsWrite } from './write.ts';

/**
 * The write that changes of one topic's ids come to. ADD goes before DELETE: with every id that was ever added in it, the set
 * is at its largest then, so an ADD that fits means that each step alone would have fitted too. Where no added id stays, there
 * is nothing to add. No event changes two ids.
 */
export function idsWrite(table: TableName, key: Item, log: readonly IdChange[]): IdsWrite {
  const last = new Map<string, IdChange>();
  const added = new Set<string>();
  for (const one of log) {
    last.set(one.id, one);
    if (one.change === 'add') added.add(one.id);
  }
  const remove: string[] = [];
  const events: number[] = [];
  for (const { id, change, event } of last.values()) {
    if (change === 'remove') remove.push(id);
    events.push(event);
  }
  return { kind: 'ids', table, key, add: remove.length < last.size ? [...added] : [], remove, events, log };
}

/** Events of a log whose change of an id is the last one of that id. What is replaced later need not have had room. */
export function lastEvents(log: readonly IdChange[]): ReadonlySet<number> {
  return new Set(new Map(log.map(({ id, event }) => [id, event])).values());
}

/** The bytes of ids as DynamoDB counts them: they are ASCII. */
export function idBytes(ids: readonly string[]): number {
  return ids.reduce((bytes, id) => bytes + id.length, 0);
}
