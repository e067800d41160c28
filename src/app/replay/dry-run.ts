import { idBytes } from '../../domain/hooks/ids-write.ts';
import type { IdsWrite, Write } from '../../domain/hooks/write.ts';
import { MAX_ITEM_BYTES, textOf, writeUnits } from '../../domain/item.ts';
import { utf8ByteLength } from '../../domain/mqtt/bytes.ts';
import type { WriterCounts } from '../../dynamo/writer.ts';

/** Names and fixed parts of an item of mqtt_topic_msg_map. */
const MAP_ROW_BYTES = 'topic'.length + 'MsgId'.length;

/** What a topic's set would come to, from the recording alone. */
type TopicSet = { ids: number; idBytes: number; most: number };

/**
 * Counts what a replay would write instead of writing it. Nothing is read either, so the size of a topic's set is what the
 * recording itself makes of it.
 */
export class DryRun {
  private readonly tables: WriterCounts['tables'] = {};
  private readonly topics = new Map<string, TopicSet>();
  private requests = 0;
  private units = 0;

  take(writes: readonly Write[]): void {
    const batched = new Map<WriterCounts['tables'][string], number>();
    for (const write of writes) {
      const counts = (this.tables[write.table] ??= { put: 0, update: 0, delete: 0 });
      if (write.kind === 'put' || write.kind === 'delete') {
        counts[write.kind] += 1;
        this.units += writeUnits(write.kind === 'put' ? write.bytes : 0);
        batched.set(counts, (batched.get(counts) ?? 0) + 1);
      } else if (write.kind === 'set') {
        this.update(counts, writeUnits(write.bytes));
      } else this.changeIds(write, counts);
    }
    for (const count of batched.values()) this.requests += Math.ceil(count / 25);
  }

  get counts(): WriterCounts {
    return { requests: this.requests, retries: 0, units: this.units, tables: this.tables };
  }

  /** Topics whose set would not fit into an item, the largest first. */
  topicsOverLimit(): { topic: string; ids: number; bytes: number }[] {
    return [...this.topics]
      .filter(([, { most }]) => most > MAX_ITEM_BYTES)
      .sort(([, a], [, b]) => b.most - a.most)
      .map(([topic, { ids, most }]) => ({ topic, ids, bytes: most }));
  }

  private changeIds(write: IdsWrite, counts: { update: number }): void {
    const topic = textOf(write.key, 'topic') ?? '';
    const set = this.topics.get(topic) ?? { ids: 0, idBytes: 0, most: 0 };
    const fixed = MAP_ROW_BYTES + utf8ByteLength(topic);
    for (const [ids, sign] of [
      [write.add, 1],
      [write.remove, -1],
    ] as const) {
      if (ids.length === 0) continue;
      const before = set.idBytes;
      set.ids = Math.max(0, set.ids + sign * ids.length);
      set.idBytes = Math.max(0, set.idBytes + sign * idBytes(ids));
      set.most = Math.max(set.most, fixed + set.idBytes);
      // the larger of before and after is billed
      this.update(counts, writeUnits(fixed + Math.max(before, set.idBytes)));
    }
    this.topics.set(topic, set);
  }

  private update(counts: { update: number }, units: number): void {
    counts.update += 1;
    this.requests += 1;
    this.units += units;
  }
}
