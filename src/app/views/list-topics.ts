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
export async function listTopics(
  reader: Pick<TableReader, 'scan'>,
  { selection, depth, order }: TopicChoice,
): Promise<TopicView[]> {
  const tallies = new TopicTallies();
  const subscriptions = new FilterIndex();
  const selected = (item: Item) => isSelected(textOf(item, 'topic') ?? '', selection);
  for await (const block of reader.scan('mqtt_topic_msg_map', selection)) {
    for (const item of block) if (selected(item)) tallies.addMapItem(item);
  }
  for await (const block of reader.scan('mqtt_retain', selection)) {
    for (const item of block) if (selected(item)) tallies.addRetained(item);
  }
  // keyed by client, so only a full read tells who subscribes to a topic
  for await (const block of reader.scan('mqtt_sub')) {
    for (const item of block) subscriptions.add(effectiveFilter(textOf(item, 'topic') ?? '').filter);
  }
  const topics = depth === undefined ? topicList(tallies.byTopic, order) : topicTree(tallies.byTopic, depth, order);
  return topics.map((each) => ({ ...each, subscribers: each.subtree ? undefined : subscriptions.matching(each.topic) }));
}
