import { n, s, type AttributeValue, type Item } from '../item.ts';
import type { Payload } from '../mqtt/payload.ts';

/** A message as the backend stores it. `arrived` is already in the unit that is written. */
export type StoredMessage = {
  msgid: string;
  topic: string;
  sender: string;
  qos: number;
  retain: boolean;
  payload: Payload;
  arrived: number | bigint;
};

/** The seven attributes of mqtt_msg and mqtt_retain. Source: emqx_backend_dynamo 4.3.5. */
export function messageItem(message: StoredMessage): Item {
  return {
    msgid: s(message.msgid),
    topic: s(message.topic),
    sender: s(message.sender),
    qos: n(message.qos),
    retain: n(message.retain ? 1 : 0),
    payload: payloadValue(message.payload),
    arrived: n(message.arrived),
  };
}

function payloadValue(payload: Payload): AttributeValue {
  return 'text' in payload ? s(payload.text) : { B: payload.base64 };
}

export function connectedItem(client: { clientid: string; node: string; onlineAt: number | bigint }): Item {
  return {
    clientid: s(client.clientid),
    connect_state: n(1),
    node: s(client.node),
    online_at: n(client.onlineAt),
    offline_at: n(0),
  };
}

/** What a disconnect changes of a client's item; the rest of it stays. */
export function disconnectedValues(offlineAt: number | bigint): Item {
  return { connect_state: n(0), offline_at: n(offlineAt) };
}

export function ackedItem(ack: { clientid: string; topic: string; msgid: string }): Item {
  return { topic: s(ack.topic), clientid: s(ack.clientid), msgid: s(ack.msgid) };
}
