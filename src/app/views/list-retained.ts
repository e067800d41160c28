import { itemBytes, textOf } from '../../domain/item.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import { ageSeconds, publishedMillis, timeOf } from '../../domain/records/times.ts';
import type { RetainedView } from '../../domain/views/messages.ts';
import type { TableReader } from './table-reader.ts';

/** Retained messages whose topics are selected, as they come; each with its age in seconds and its size. */
export async function* listRetained(
  reader: TableReader,
  { selection, olderThanMs }: { selection: TopicSelection; olderThanMs?: number | undefined },
  now: number,
): AsyncGenerator<readonly RetainedView[]> {
  for await (const block of reader.scan('mqtt_retain', selection)) {
    const views: RetainedView[] = [];
    for (const item of block) {
      if (!isSelected(textOf(item, 'topic') ?? '', selection)) continue;
      const published = timeOf(item, 'arrived') ?? publishedMillis(textOf(item, 'msgid'), item);
      if (olderThanMs !== undefined && (published === undefined || now - published < olderThanMs)) continue;
      views.push({ item, age: ageSeconds(published, now), bytes: itemBytes(item) });
    }
    yield views;
  }
}
