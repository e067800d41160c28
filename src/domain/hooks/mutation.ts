import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** One change of one item, as the backend would make it with a single request. */
export type Mutation =
  /** `bytes` is the size of the item as DynamoDB counts it. */
  | { readonly kind: 'put'; readonly table: TableName; readonly key: Item; readonly item: Item; readonly bytes: number }
  | { readonly kind: 'delete'; readonly table: TableName; readonly key: Item }
  /** Sets attributes and leaves the others; makes the item when there is none. */
  | { readonly kind: 'set'; readonly table: TableName; readonly key: Item; readonly values: Item }
  /** Adds one id to the string set MsgId of a topic, or takes it out. */
  | { readonly kind: 'add-id' | 'remove-id'; readonly table: 'mqtt_topic_msg_map'; readonly key: Item; readonly id: string };
