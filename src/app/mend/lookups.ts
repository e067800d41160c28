import { groupBy } from '../../domain/group-by.ts';
import { setOf, s, textOf, type Item } from '../../domain/item.ts';
import { listedIds } from '../../domain/integrity/checks/map-type.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { inSlices } from './in-slices.ts';

/** Reads items of a table by their keys, in no particular order; keys without an item are left out. */
export type ReadByKey = (table: TableName, keys: readonly Item[]) => Promise<Item[]>;

/** Of the map so many items are held at once: each may have 400 KB. */
export const MAP_ITEMS = 40;

/** A topic and an id as one text. */
export function pairText(topic: string, msgid: string): string {
  return `${msgid}\n${topic}`;
}

/** The ids that an item of the map lists, also where they stand in a list that should be a set. */
export function idsIn(item: Item): readonly string[] {
  const value = item['MsgId'];
  if (value === undefined) return [];
  return 'SS' in value ? setOf(item, 'MsgId') : (listedIds(value) ?? []);
}

/** Which of the pairs the map lists. */
export async function listedPairs(
  read: ReadByKey,
  pairs: readonly { topic: string; msgid: string }[],
): Promise<ReadonlySet<string>> {
  const byTopic = groupBy(pairs, ({ topic }) => topic);
  const topics = [...byTopic.keys()];
  const listed = new Set<string>();
  for (const some of inSlices(topics, MAP_ITEMS)) {
    const keys = some.map((topic) => ({ topic: s(topic) }));
    for (const item of await read('mqtt_topic_msg_map', keys)) {
      const topic = textOf(item, 'topic') ?? '';
      const ids = new Set(idsIn(item));
      for (const { msgid } of byTopic.get(topic) ?? []) if (ids.has(msgid)) listed.add(pairText(topic, msgid));
    }
  }
  return listed;
}

/** Messages by their ids. */
export async function messagesOf(read: ReadByKey, msgids: readonly string[]): Promise<ReadonlyMap<string, Item>> {
  const keys = [...new Set(msgids)].map((msgid) => ({ msgid: s(msgid) }));
  const found = new Map<string, Item>();
  for (const item of await read('mqtt_msg', keys)) found.set(textOf(item, 'msgid') ?? '', item);
  return found;
}
