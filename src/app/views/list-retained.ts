import { itemBytes, n, textOf, type Item } from '../../domain/item.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import { ageSeconds, publishedMillis, timeOf } from '../../domain/records/times.ts';
import type { TableReader } from './table-reader.ts';

/** Retained messages whose topics are selected, as they come; each with its age in seconds and its size. */
export async function* listRetained(
  reader: TableReader,
  { selection, olderThanMs }: { selection: TopicSelection; olderThanMs?: number | undefined },
  now: number,
): AsyncGenerator<readonly Item[]> {
  for await (const block of reader.scan('mqtt_retain', selection)) {
    const items: Item[] = [];
    for (const item of block) {
      if (!isSelected(textOf(item, 'topic') ?? '', selection)) continue;
      const published = timeOf(item, 'arrived') ?? publishedMillis(textOf(item, 'msgid'), item);
      if (olderThanMs !== undefined && (published === undefined || now - published < olderThanMs)) continue;
      const age = ageSeconds(published, now);
      items.push({ ...item, age: age === undefined ? { NULL: true } : n(age), bytes: n(itemBytes(item)) });
    }
    yield items;
  }
}
