import { integerBytes, itemBytes, type Item } from '../item.ts';
import { base64ByteLength, utf8ByteLength } from '../mqtt/bytes.ts';
import { msgidLength, msgidOf } from '../mqtt/msgid-text.ts';
import { ackedItem, messageItem, type StoredMessage } from './items.ts';
import { ATTRIBUTES } from './tables.ts';

/**
 * What a put writes, and its size as DynamoDB counts it, in bytes. Of a recording most puts are replaced or deleted again
 * before anything is sent, so the item of a message or an ack is made only when it is asked for.
 */
export type Row = { readonly item: Item; readonly bytes: number };

export function rowOf(item: Item): Row {
  return { item, bytes: itemBytes(item) };
}

/** The id goes as GUID, in hexadecimal digits. */
type GuidInstead<T> = Omit<T, 'msgid'> & { guid: string };

const MESSAGE_NAMES = ATTRIBUTES.mqtt_msg.join('').length;
const ACKED_NAMES = ATTRIBUTES.mqtt_acked.join('').length;

/** A row of mqtt_msg or mqtt_retain. */
export class MessageRow implements Row {
  private readonly message: GuidInstead<StoredMessage>;
  readonly bytes: number;

  constructor(message: GuidInstead<StoredMessage>) {
    const { guid, topic, sender, qos, retain, payload, arrived } = message;
    this.message = message;
    this.bytes =
      MESSAGE_NAMES +
      msgidLength(guid) +
      utf8ByteLength(topic) +
      utf8ByteLength(sender) +
      integerBytes(qos) +
      integerBytes(retain ? 1 : 0) +
      ('text' in payload ? utf8ByteLength(payload.text) : base64ByteLength(payload.base64)) +
      integerBytes(arrived);
  }

  get item(): Item {
    return messageItem({ ...this.message, msgid: msgidOf(this.message.guid) });
  }
}

type Ack = { clientid: string; topic: string; guid: string };

/** A row of mqtt_acked. */
export class AckedRow implements Row {
  private readonly ack: Ack;
  readonly bytes: number;

  constructor(ack: Ack) {
    this.ack = ack;
    this.bytes = ACKED_NAMES + utf8ByteLength(ack.topic) + utf8ByteLength(ack.clientid) + msgidLength(ack.guid);
  }

  get item(): Item {
    return ackedItem({ ...this.ack, msgid: msgidOf(this.ack.guid) });
  }
}
