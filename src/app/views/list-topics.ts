import { textOf, type Item } from '../../domain/item.ts';
import { FilterIndex } from '../../domain/mqtt/filter-index.ts';
import { effectiveFilter } from '../../domain/mqtt/topic.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import { TopicTallies } from '../../domain/topics/tally.ts';
import { topicList, topicTree, type TopicOrder } from '../../domain/topics/tree.ts';
import type { TopicView } from '../../domain/views/topics.ts';
import type { TableReader } from './table-reader.ts';

export type TopicChoice = {
  selection: TopicSelection;
  /** Levels of the tree; undefined lists the topics alone. */
  depth: number | undefined;
  order: TopicOrder | undefined;
};

/** Topics of the map and of the retained messages. Keeps a tally a topic in memory and never a payload. */
export async function listTopics(reader: TableReader, { selection, depth, order }: TopicChoice): Promise<TopicView[]> {
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
  const topics = depth === undefined ? topicList(tallies.byTopic, order) : topicTree(tallies.byTopic, depth, order);
  return topics.map((each) => ({ ...each, subscribers: each.subtree ? undefined : subscriptions.matching(each.topic) }));
}
