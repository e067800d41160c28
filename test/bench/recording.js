import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageIdHex, messageIdText, payloadOf } from './items.js';

const TOPICS = 2_000;
/** An ack comes so many events behind its publish. */
const BEHIND = 20;

const topicOf = (message) => `plant/${message % TOPICS}/temp`;
const senderOf = (message) => `sensor-${message % 500}`;

/** All fields that a rule with `SELECT *` hands on. */
function publish(message) {
  return {
    event: 'message.publish',
    id: messageIdHex(message),
    clientid: senderOf(message),
    username: 'plant',
    payload: payloadOf(message),
    peerhost: '10.1.2.3',
    topic: topicOf(message),
    qos: 1,
    flags: { retain: false, dup: false },
    pub_props: { 'User-Property': {} },
    publish_received_at: 1_714_727_730_250 + message,
    timestamp: 1_714_727_730_251 + message,
    node: 'emqx@10.0.0.5',
    metadata: { rule_id: 'r_rec' },
  };
}

function ack(message) {
  return {
    event: 'message.acked',
    id: messageIdHex(message),
    from_clientid: senderOf(message),
    from_username: 'plant',
    clientid: 'panel-1',
    username: 'undefined',
    payload: payloadOf(message),
    peerhost: '10.1.2.9',
    topic: topicOf(message),
    qos: 1,
    flags: { retain: false, dup: false },
    pub_props: { 'User-Property': {} },
    puback_props: {},
    publish_received_at: 1_714_727_730_250 + message,
    timestamp: 1_714_727_731_000 + message,
    node: 'emqx@10.0.0.5',
    metadata: { rule_id: 'r_rec' },
  };
}

/** Rule-engine events: publishes, and with `acks` one for each of them some events later, so that half of all are acks. */
export function* events(count, { acks }) {
  if (!acks) {
    for (let message = 0; message < count; message += 1) yield publish(message);
    return;
  }
  const messages = count / 2;
  for (let message = 0; message < messages + BEHIND; message += 1) {
    if (message < messages) yield publish(message);
    if (message >= BEHIND) yield ack(message - BEHIND);
  }
}

/** Writes a recording of so many events, one JSON object a line. */
export async function writeRecording(file, count, options) {
  const blocks = (function* () {
    let text = '';
    for (const event of events(count, options)) {
      text += `${JSON.stringify(event)}\n`;
      if (text.length < 1 << 16) continue;
      yield text;
      text = '';
    }
    yield text;
  })();
  await pipeline(Readable.from(blocks), createWriteStream(file));
}

/** The requests that apply an event alone, as the backend does. */
export function requestsOf(event) {
  const { event: kind, topic, clientid } = event;
  const msgid = { S: messageIdText(event.id) };
  const change = (verb) => ({
    action: 'UpdateItem',
    input: {
      TableName: 'mqtt_topic_msg_map',
      Key: { topic: { S: topic } },
      UpdateExpression: `${verb} MsgId :ids`,
      ExpressionAttributeValues: { ':ids': { SS: [msgid.S] } },
    },
  });
  if (kind === 'message.publish') {
    return [{ action: 'PutItem', input: { TableName: 'mqtt_msg', Item: messageItem(event) } }, change('ADD')];
  }
  const acked = { topic: { S: topic }, clientid: { S: clientid }, msgid };
  return [
    { action: 'PutItem', input: { TableName: 'mqtt_acked', Item: acked } },
    { action: 'DeleteItem', input: { TableName: 'mqtt_msg', Key: { msgid } } },
    change('DELETE'),
  ];
}

/** What a recording of publishes leaves in the tables, as put requests of BatchWriteItem. */
export function endState(count) {
  const puts = [];
  const ids = new Map();
  for (const event of events(count, { acks: false })) {
    const msgid = messageIdText(event.id);
    puts.push(['mqtt_msg', { PutRequest: { Item: messageItem(event) } }]);
    const known = ids.get(event.topic);
    if (known) known.push(msgid);
    else ids.set(event.topic, [msgid]);
  }
  for (const [topic, SS] of ids)
    puts.push(['mqtt_topic_msg_map', { PutRequest: { Item: { topic: { S: topic }, MsgId: { SS } } } }]);
  return puts;
}

function messageItem(event) {
  return {
    msgid: { S: messageIdText(event.id) },
    topic: { S: event.topic },
    sender: { S: event.clientid },
    qos: { N: '1' },
    retain: { N: '0' },
    payload: { S: event.payload },
    arrived: { N: String(Math.floor(event.publish_received_at / 1000)) },
  };
}
