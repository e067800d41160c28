import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { mergeWrites } from '../domain/hooks/merge-writes.ts';
import { idsWrite } from '../domain/hooks/ids-write.ts';
import { plainWrite, type IdChange, type Write } from '../domain/hooks/write.ts';
import { setOf, type Item } from '../domain/item.ts';
import { textOfKey } from '../domain/records/keys.ts';
import type { Dynamo } from './client.ts';

/**
 * Keys whose last call had no clear reply. Such a call may still be carried out late, over a newer write; so the newest
 * write of each of these keys is kept, and compared with the table at the end.
 */
export class Ambiguities {
  private readonly writes = new Map<string, Write>();
  private noted = 0;

  constructor(writes: readonly Write[] = []) {
    for (const write of writes) this.writes.set(textOfKey(write), write);
  }

  get size(): number {
    return this.writes.size;
  }

  all(): Write[] {
    return [...this.writes.values()];
  }

  /** A write whose fate is unknown. */
  note(write: Write): void {
    const key = textOfKey(write);
    this.noted = Date.now();
    if (!this.writes.has(key)) this.writes.set(key, plainWrite(write));
  }

  /** Resolves when the last call without a clear reply is so many milliseconds ago. */
  async rest(lateMs: number, signal?: AbortSignal): Promise<void> {
    const rest = this.noted + lateMs - Date.now();
    if (rest > 0) await delay(rest, undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }

  /** A newer write of a key that is watched replaces what is expected of it. */
  follow(writes: readonly Write[]): void {
    if (this.writes.size === 0) return;
    for (const write of writes) {
      const key = textOfKey(write);
      const before = this.writes.get(key);
      if (before !== undefined) this.writes.set(key, plainWrite(mergeWrites(before, write)));
    }
  }

  /** Ids that a topic's set had no room for are not expected in it. */
  giveUp(write: Write, refused: readonly IdChange[]): void {
    const key = textOfKey(write);
    const watched = this.writes.get(key);
    if (watched?.kind !== 'ids') return;
    const ids = new Set(refused.map(({ id }) => id));
    const log = watched.log.filter(({ id, change }) => change === 'remove' || !ids.has(id));
    this.writes.set(key, idsWrite(watched.table, watched.key, log));
  }

  forget(): void {
    this.writes.clear();
  }
}

/** Whether a table holds what a write left behind. Read consistently. */
export async function holds(dynamo: Dynamo, live: string, write: Write): Promise<boolean> {
  const { Item: item } = await dynamo.call<{ Item?: Item }>('GetItem', { TableName: live, Key: write.key, ConsistentRead: true });
  switch (write.kind) {
    case 'put':
      return item !== undefined && isDeepStrictEqual(item, write.item);
    case 'delete':
      return item === undefined;
    case 'set':
      return item !== undefined && Object.entries(write.values).every(([name, value]) => isDeepStrictEqual(item[name], value));
    case 'ids': {
      const ids = new Set(setOf(item ?? {}, 'MsgId'));
      const gone = new Set(write.remove);
      return write.add.every((id) => gone.has(id) || ids.has(id)) && write.remove.every((id) => !ids.has(id));
    }
  }
}
