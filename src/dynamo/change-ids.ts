import { idsWrite, lastEvents } from '../domain/hooks/ids-write.ts';
import { afterWrite } from '../domain/hooks/table-state.ts';
import type { IdChange, IdsWrite } from '../domain/hooks/write.ts';
import type { Item } from '../domain/item.ts';
import { idsExpression } from './batches.ts';
import { isRejected, type ServiceError } from './errors.ts';

/** What is left to do of a topic's changes. It outlives a repeated call: a set that is full must see every change once. */
export type IdsProgress = { rest: IdsWrite[]; refused: IdChange[]; looked: boolean };

/** The item of the topic. */
export type TopicItem = {
  update(expression: object): Promise<void>;
  /** The item, read consistently; undefined when it may not be read. */
  read(): Promise<{ Item?: Item } | undefined>;
  /** Called when a part of the changes went through. */
  moved(): void;
};

const SET_IS_FULL = /item size .*exceed/i;

export function allOf(write: IdsWrite): IdsProgress {
  return { rest: [write], refused: [], looked: false };
}

/**
 * Changes of one topic's ids at once. Where the set has no room for all of them, only the order of the events shows which
 * ids still fit: first by a look at the set; should that be wrong, because somebody else writes as well, by halves, one after
 * the other, down to the single id that does not. Resolves with the changes that had no room; one that a later change of the
 * same id replaces is none of them.
 */
export async function changeIds(write: IdsWrite, progress: IdsProgress, topic: TopicItem): Promise<IdChange[]> {
  for (let [changes] = progress.rest; changes !== undefined; [changes] = progress.rest) {
    const { add, remove } = changes;
    try {
      if (add.length > 0) await topic.update(idsExpression('add', add));
    } catch (error) {
      const { table, key, log } = changes;
      if (!(log.length === 1 ? isFull(error) : isRejected(error))) throw error;
      const found = isFull(error) && !progress.looked ? await topic.read() : undefined;
      progress.looked ||= isFull(error);
      const parts = found === undefined ? halves(log, progress) : whatFits(changes, found.Item, progress);
      topic.moved();
      progress.rest.splice(0, 1, ...parts.map((part) => idsWrite(table, key, part)));
      continue;
    }
    if (remove.length > 0) await topic.update(idsExpression('remove', remove));
    progress.rest.shift();
    topic.moved();
  }
  if (progress.refused.length === 0) return [];
  const last = lastEvents(write.log);
  return progress.refused.filter(({ event }) => last.has(event));
}

/** What is left of changes without the ids that have no room. Ids that go make room for those that come. */
function whatFits(changes: IdsWrite, item: Item | undefined, progress: IdsProgress): (readonly IdChange[])[] {
  const noRoom = new Set(afterWrite(item, changes).refused);
  const last = new Map<string, IdChange>();
  for (const one of changes.log) {
    if (one.change === 'add' && noRoom.has(one.event)) progress.refused.push(one);
    else last.set(one.id, one);
  }
  const kept = [...last.values()];
  const parts = (['remove', 'add'] as const).map((change) => kept.filter((one) => one.change === change));
  return parts.filter((part) => part.length > 0);
}

function halves(log: readonly IdChange[], progress: IdsProgress): (readonly IdChange[])[] {
  const [only, another] = log;
  if (only !== undefined && another === undefined) {
    progress.refused.push(only);
    return [];
  }
  const middle = Math.ceil(log.length / 2);
  return [log.slice(0, middle), log.slice(middle)];
}

function isFull(error: unknown): error is ServiceError {
  return isRejected(error) && SET_IS_FULL.test(error.serviceMessage);
}
