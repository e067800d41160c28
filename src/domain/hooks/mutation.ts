import type { Item } from '../item.ts';
import { msgidOf } from '../mqtt/msgid-text.ts';
import type { Place } from '../records/keys.ts';
import type { Row } from '../records/rows.ts';
import type { TableName } from '../records/tables.ts';

/** A place in one of the tables that hold no messages. */
type Elsewhere = Place & { readonly table: Exclude<TableName, 'mqtt_msg'> };

/** One change of one item of a client, a topic or an ack, as the backend would make it with a single request. */
export type ItemMutation = Elsewhere &
  (
    | { readonly kind: 'put'; readonly row: Row }
    | { readonly kind: 'delete' }
    /** Sets attributes and leaves the others; makes the item when there is none. */
    | { readonly kind: 'set'; readonly values: Item }
  );

/** One change of mqtt_msg. The message goes by its GUID; its msgid is made of that. */
export type MessageMutation =
  | { readonly kind: 'put-message'; readonly table: 'mqtt_msg'; readonly guid: string; readonly row: Row }
  | { readonly kind: 'delete-message'; readonly table: 'mqtt_msg'; readonly guid: string };

/** Adds the id of one message to the string set MsgId of a topic, or takes it out. */
export type IdMutation = {
  readonly kind: 'add-id' | 'remove-id';
  readonly table: 'mqtt_topic_msg_map';
  readonly partition: string;
  readonly sort?: undefined;
  readonly guid: string;
};

export type Mutation = ItemMutation | MessageMutation | IdMutation;

export function placeOfMutation(mutation: Mutation): Place {
  return mutation.table === 'mqtt_msg' ? { table: mutation.table, partition: msgidOf(mutation.guid) } : mutation;
}
