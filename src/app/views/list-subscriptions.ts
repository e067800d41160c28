import { textOf, type Item } from '../../domain/item.ts';
import { effectiveFilter, topicMatches } from '../../domain/mqtt/topic.ts';
import type { TableReader } from './table-reader.ts';

/** Stored subscriptions of one client by key, or of all by a full read; with a topic those whose filter matches it. */
export async function* listSubscriptions(
  reader: TableReader,
  { clientid, matching }: { clientid?: string | undefined; matching?: string | undefined },
): AsyncGenerator<readonly Item[]> {
  if (clientid !== undefined) {
    yield (await reader.query('mqtt_sub', clientid)).filter((item) => matches(item, matching));
    return;
  }
  for await (const block of reader.scan('mqtt_sub')) yield block.filter((item) => matches(item, matching));
}

function matches(item: Item, topic: string | undefined): boolean {
  return topic === undefined || topicMatches(topic, effectiveFilter(textOf(item, 'topic') ?? '').filter);
}
