import { n, s, textOf, MAX_ITEM_BYTES, type AttributeValue, type Item } from '../../domain/item.ts';
import { FilterIndex } from '../../domain/mqtt/filter-index.ts';
import { effectiveFilter } from '../../domain/mqtt/topic.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import { isoText } from '../../domain/records/times.ts';
import { TopicTallies } from '../../domain/topics/tally.ts';
import { topicList, topicTree, type TopicOrder, type TopicRow } from '../../domain/topics/tree.ts';
import type { TableReader } from './table-reader.ts';

export type TopicChoice = {
  selection: TopicSelection;
  /** Levels of the tree; undefined lists the topics alone. */
  depth: number | undefined;
  order: TopicOrder | undefined;
};

/** Topics of the map and of the retained messages. Keeps a tally a topic in memory and never a payload. */
export async function listTopics(reader: TableReader, { selection, depth, order }: TopicChoice): Promise<Item[]> {
  const tallies = new TopicTallies();
  const subscriptions = new FilterIndex();
  const selected = (row: Item) => isSelected(textOf(row, 'topic') ?? '', selection);
  for await (const block of reader.scan('mqtt_topic_msg_map', selection)) {
    for (const row of block) if (selected(row)) tallies.addMapRow(row);
  }
  for await (const block of reader.scan('mqtt_retain', selection)) {
    for (const row of block) if (selected(row)) tallies.addRetained(row);
  }
  // keyed by client, so only a full read tells who subscribes to a topic
  for await (const block of reader.scan('mqtt_sub')) {
    for (const row of block) subscriptions.add(effectiveFilter(textOf(row, 'topic') ?? '').filter);
  }
  const rows = depth === undefined ? topicList(tallies.byTopic, order) : topicTree(tallies.byTopic, depth, order);
  return rows.map((row) => topicItem(row, subscriptions));
}

function topicItem({ topic, subtree, depth, tally }: TopicRow, subscriptions: FilterIndex): Item {
  return {
    topic: s(topic),
    topics: n(tally.topics),
    ids: n(tally.ids),
    bytes: n(tally.bytes),
    share: n(shareOfLimit(tally.largest)),
    oldest: time(tally.oldest),
    newest: time(tally.newest),
    retained: n(tally.retained),
    subscribers: subtree ? { NULL: true } : n(subscriptions.matching(topic)),
    depth: n(depth),
  };
}

/** Part of DynamoDB's largest item, 0 to 1, with four digits. */
export function shareOfLimit(bytes: number): number {
  return Math.round((bytes / MAX_ITEM_BYTES) * 10_000) / 10_000;
}

/** A moment as ISO text. */
export function time(millis: number | undefined): AttributeValue {
  return millis === undefined ? { NULL: true } : s(isoText(millis));
}
