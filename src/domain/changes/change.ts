import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** One item made, replaced or deleted: how it was and how it is to be; undefined where there is none. One of the two is there. */
export type ItemChange = {
  kind: 'item';
  table: TableName;
  before: Item | undefined;
  after: Item | undefined;
};

/** The item that a change makes, replaces or deletes: as it was, or else as it is to be. */
export function changedItem({ before, after }: ItemChange): Item {
  const item = before ?? after;
  if (item === undefined) throw new Error('a change of no item');
  return item;
}

/** Ids added to the set of one topic in mqtt_topic_msg_map, or taken out of it. The other ids of the set do not matter. */
export type IdsChange = {
  kind: 'add-ids' | 'take-ids';
  table: 'mqtt_topic_msg_map';
  topic: string;
  ids: readonly string[];
  /** For ids that are added: whether the topic had an item before. */
  existed?: boolean;
};

/** A change of the tables that can be made under a condition, written to a journal, and taken back. */
export type Change = ItemChange | IdsChange;
