import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';
import type { IdChange, IdsSize, IdsWrite } from './write.ts';

/** What changes of one topic's ids come to; ids are numbers here. */
export type FoldedIds = { add: number[]; remove: number[]; events: number[] };

/** One number for an event and its change of an id. */
export function markOf(event: number, change: IdChange['change']): number {
  return event * 2 + (change === 'remove' ? 1 : 0);
}

export function changeOf(mark: number): { event: number; change: IdChange['change'] } {
  return { event: mark >> 1, change: isRemoval(mark) ? 'remove' : 'add' };
}

function isRemoval(mark: number): boolean {
  return (mark & 1) === 1;
}

/** Folds the changes of one topic after the other. Ids are numbers below `size`. */
export class IdFolder {
  /** Which topic met an id last, its last mark there, and whether it was ever added. */
  private readonly topics: Int32Array;
  private readonly marks: Int32Array;
  private readonly added: Uint8Array;
  private topic = 0;

  constructor(size: number) {
    this.topics = new Int32Array(size);
    this.marks = new Int32Array(size);
    this.added = new Uint8Array(size);
  }

  /**
   * ADD goes before DELETE: with every id that was ever added in it, the set is at its largest then, so an ADD that fits
   * means that each step alone would have fitted too. Where no added id stays, there is nothing to add. No event changes two
   * ids.
   */
  fold(ids: readonly number[], marks: readonly number[]): FoldedIds {
    const met = this.meet(ids, marks);
    const folded: FoldedIds = { add: [], remove: [], events: [] };
    for (const id of met) {
      const mark = this.marks[id]!;
      if (isRemoval(mark)) folded.remove.push(id);
      folded.events.push(mark >> 1);
    }
    if (folded.remove.length < met.length) folded.add = met.filter((id) => this.added[id] === 1);
    return folded;
  }

  /** The ids without repetition. */
  private meet(ids: readonly number[], marks: readonly number[]): number[] {
    const met: number[] = [];
    this.topic += 1;
    for (let at = 0; at < ids.length; at += 1) {
      const id = ids[at]!;
      if (this.topics[id] !== this.topic) {
        this.topics[id] = this.topic;
        this.added[id] = 0;
        met.push(id);
      }
      this.marks[id] = marks[at]!;
      if (!isRemoval(marks[at]!)) this.added[id] = 1;
    }
    return met;
  }
}

/** The write that changes of one topic's ids come to. */
export function idsWrite(table: TableName, key: Item, log: readonly IdChange[]): IdsWrite {
  const numbers = new Map<string, number>();
  for (const { id } of log) if (!numbers.has(id)) numbers.set(id, numbers.size);
  const ids = [...numbers.keys()];
  const folded = new IdFolder(ids.length).fold(
    log.map(({ id }) => numbers.get(id)!),
    log.map(({ event, change }) => markOf(event, change)),
  );
  const [add, remove] = [folded.add, folded.remove].map((some) => some.map((id) => ids[id]!)) as [string[], string[]];
  return {
    kind: 'ids',
    table,
    key,
    add,
    remove,
    sizes: { add: sizeOf(add), remove: sizeOf(remove) },
    events: folded.events,
    log,
  };
}

/** Events of a log whose change of an id is the last one of that id. What is replaced later need not have had room. */
export function lastEvents(log: readonly IdChange[]): ReadonlySet<number> {
  return new Set(new Map(log.map(({ id, event }) => [id, event])).values());
}

function sizeOf(ids: readonly string[]): IdsSize {
  return { ids: ids.length, bytes: ids.reduce((bytes, id) => bytes + id.length, 0) };
}
