import type { Item } from '../item.ts';
import { textOfKey } from '../records/keys.ts';
import { fold, type ItemWrite } from './fold.ts';
import { idsWrite } from './ids-write.ts';
import type { Mutation } from './mutation.ts';
import type { IdChange, Write } from './write.ts';

/** What a window holds for each write and each change of an id besides their text, roughly, in bytes. */
const WRITE_BYTES = 160;
const ID_BYTES = 48;

/**
 * Folds the mutations of a window of events per key. Sending the writes leaves the tables as every mutation alone, in order,
 * would have left them.
 */
export class WriteSet {
  private readonly items = new Map<string, ItemWrite>();
  private readonly topics = new Map<string, { key: Item; log: IdChange[] }>();
  /** Roughly how many bytes it holds. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.items.size === 0 && this.topics.size === 0;
  }

  /** Takes a mutation in. Returns the item of a put that waited for the same key. */
  add(event: number, mutation: Mutation): Item | undefined {
    const key = textOfKey(mutation);
    if ('id' in mutation) {
      const change: IdChange = { id: mutation.id, change: mutation.kind === 'add-id' ? 'add' : 'remove', event };
      const topic = this.topics.get(key);
      if (topic) topic.log.push(change);
      else this.topics.set(key, { key: mutation.key, log: [change] });
      this.bytes += ID_BYTES;
      return undefined;
    }
    const before = this.items.get(key);
    const after = fold(before, mutation, event);
    this.items.set(key, after);
    this.bytes += after.bytes - (before === undefined ? -WRITE_BYTES : before.bytes);
    return before?.kind === 'put' ? before.item : undefined;
  }

  /**
   * Hands over what it all comes to: the writes; those of a table in the order in which their keys were first touched. The set
   * is empty afterwards.
   */
  takeWrites(): Write[] {
    const ids = [...this.topics.values()].map(({ key, log }) => idsWrite('mqtt_topic_msg_map', key, log));
    const writes = [...this.items.values(), ...ids];
    this.items.clear();
    this.topics.clear();
    this.bytes = 0;
    return writes;
  }
}
