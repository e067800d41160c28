import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** One change of one item, as the backend would make it with a single request. */
export type Mutation =
  /** `bytes`: size of the item as DynamoDB counts it. */
  | { kind: 'put'; table: TableName; key: Item; item: Item; bytes: number }
  | { kind: 'delete'; table: TableName; key: Item }
  /** Sets attributes and leaves the others; makes the item when there is none. */
  | { kind: 'set'; table: TableName; key: Item; values: Item }
  /** Adds one id to the string set MsgId of a topic, or takes it out. */
  | { kind: 'add-id' | 'remove-id'; table: 'mqtt_topic_msg_map'; key: Item; id: string };
