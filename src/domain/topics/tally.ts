import { isDamagedQueue, queuedIds } from '../delivery/fetch.ts';
import { itemBytes, textOf, type Item } from '../item.ts';
import { msgidMillis } from '../records/times.ts';

/** What is known of one topic or of a subtree, without any payload. Times in Unix milliseconds. */
export type Tally = {
  topics: number;
  ids: number;
  /** Bytes of the topic's item in the map: what counts towards 400 KB. */
  bytes: number;
  /** Bytes of the largest single item. */
  largest: number;
  oldest: number | undefined;
  newest: number | undefined;
  retained: number;
};

export function emptyTally(): Tally {
  return { topics: 0, ids: 0, bytes: 0, largest: 0, oldest: undefined, newest: undefined, retained: 0 };
}

/** Tallies of topics from items of the map and of the retained messages, taken one by one. */
export class TopicTallies {
  readonly byTopic = new Map<string, Tally>();

  addMapItem(item: Item): void {
    const topic = textOf(item, 'topic');
    if (topic === undefined) return;
    const tally = this.tally(topic);
    const bytes = itemBytes(item);
    tally.bytes += bytes;
    tally.largest = Math.max(tally.largest, bytes);
    if (isDamagedQueue(item)) return;
    for (const id of queuedIds(item)) {
      tally.ids += 1;
      const millis = msgidMillis(id);
      if (millis === undefined) continue;
      tally.oldest = Math.min(tally.oldest ?? millis, millis);
      tally.newest = Math.max(tally.newest ?? millis, millis);
    }
  }

  addRetained(item: Item): void {
    const topic = textOf(item, 'topic');
    if (topic !== undefined) this.tally(topic).retained += 1;
  }

  private tally(topic: string): Tally {
    const known = this.byTopic.get(topic);
    if (known) return known;
    const made = { ...emptyTally(), topics: 1 };
    this.byTopic.set(topic, made);
    return made;
  }
}

/** Adds what is known of one topic or subtree to another. */
export function addTally(sum: Tally, part: Tally): void {
  sum.topics += part.topics;
  sum.ids += part.ids;
  sum.bytes += part.bytes;
  sum.largest = Math.max(sum.largest, part.largest);
  sum.retained += part.retained;
  if (part.oldest !== undefined) sum.oldest = Math.min(sum.oldest ?? part.oldest, part.oldest);
  if (part.newest !== undefined) sum.newest = Math.max(sum.newest ?? part.newest, part.newest);
}
