import { idsWrite } from '../domain/hooks/ids-write.ts';
import type { IdChange, IdsWrite, Write } from '../domain/hooks/write.ts';
import { setOf } from '../domain/item.ts';
import { textOfKey } from '../domain/records/keys.ts';
import { pause } from './back-off.ts';
import type { Dynamo } from './client.ts';

/**
 * Writes of a window whose call had no clear reply. Such a call may still be carried out late, so nothing newer is sent before
 * that can no longer happen. A put, a delete or a set that is carried out twice does no harm; but the ids of a topic change by
 * two calls, and the first one carried out again after the second is found by reading the topic.
 */
export class UnconfirmedWrites {
  private readonly ids = new Map<string, IdsWrite>();
  private notedAt: number | undefined;

  get isEmpty(): boolean {
    return this.notedAt === undefined;
  }

  /** A write that may or may not be carried out, now or later. */
  note(write: Write<string>): void {
    this.notedAt = performance.now();
    if (write.kind !== 'ids') return;
    const key = textOfKey(write);
    if (!this.ids.has(key)) this.ids.set(key, write);
  }

  /** Ids that a topic's set had no room for are not expected in it. */
  giveUp(write: IdsWrite, refused: readonly IdChange[]): void {
    const key = textOfKey(write);
    const noted = this.ids.get(key);
    if (noted === undefined) return;
    const ids = new Set(refused.map(({ id }) => id));
    const log = noted.log.filter(({ id, change }) => change === 'remove' || !ids.has(id));
    this.ids.set(key, idsWrite(noted.table, noted.key, log));
  }

  /**
   * Resolves when no late call can come any more, so many milliseconds after the last call without a clear reply, with the
   * writes that are to be compared with their tables. They are forgotten here.
   */
  async takeSettled(lateMs: number, signal?: AbortSignal): Promise<IdsWrite[]> {
    await pause((this.notedAt ?? -Infinity) + lateMs - performance.now(), signal);
    const writes = [...this.ids.values()];
    this.ids.clear();
    this.notedAt = undefined;
    return writes;
  }
}

/** Whether a topic holds what a write left behind. Read consistently. */
export async function holdsIds(dynamo: Dynamo, live: string, write: IdsWrite, signal?: AbortSignal): Promise<boolean> {
  const input = { TableName: live, Key: write.key, ConsistentRead: true };
  const { Item: item } = await dynamo.call('GetItem', input, signal);
  const ids = new Set(setOf(item ?? {}, 'MsgId'));
  const gone = new Set(write.remove);
  return write.add.every((id) => gone.has(id) || ids.has(id)) && write.remove.every((id) => !ids.has(id));
}
