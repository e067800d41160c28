import type { HookEvent, Millis, RecordedMessage, Reject } from '../events/event.ts';
import { topicOf } from '../events/facets.ts';
import { itemBytes, MAX_ITEM_BYTES, s, type Item } from '../item.ts';
import { utf8ByteLength } from '../mqtt/bytes.ts';
import { encodeMsgid } from '../mqtt/msgid.ts';
import { storedPayload, type BinaryPayloadPolicy, type Payload } from '../mqtt/payload.ts';
import { topicMatches } from '../mqtt/topic.ts';
import { ackedItem, connectedItem, disconnectedValues, messageItem } from '../records/items.ts';
import { KEYS, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, type TableName } from '../records/tables.ts';
import type { Mutation } from './mutation.ts';
import type { Action, HookRule } from './rules.ts';

export type ApplyOptions = {
  rules: readonly HookRule[];
  timeUnit: 's' | 'ms';
  binaryPayload: BinaryPayloadPolicy;
};

/** What an event does: the mutations in order, and which actions made them. Without actions it has no effect. */
export type Effect = { actions: readonly Action[]; mutations: readonly Mutation[] };

const NO_EFFECT: Effect = { actions: [], mutations: [] };

/** Disconnects of an older connection whose client is already back; brokers since 4.3.22 do not raise them. */
const REPLACED_SESSION = new Set(['takeovered', 'takenover', 'discarded']);

/**
 * What the backend would write for an event under the given rules: preconditions and order of facts section 1.4. An event
 * that DynamoDB could not take whole (key or item too large) is a reject and writes nothing at all.
 */
export function applyEvent(event: HookEvent, options: ApplyOptions): Effect | { reject: Reject } {
  if (event.hook === 'client.disconnected' && REPLACED_SESSION.has(event.reason)) return NO_EFFECT;
  const actions: Action[] = [];
  const mutations: Mutation[] = [];
  let message: Stored | Reject | undefined;
  // made at most once an event: the same item goes to mqtt_msg and mqtt_retain
  const stored = (recorded: RecordedMessage) => (message ??= storedMessage(recorded, options));
  for (const rule of options.rules) {
    if (rule.hook !== event.hook || !passes(event, rule)) continue;
    const made = run(rule.action, event, options, stored);
    if (message !== undefined && 'reason' in message) return { reject: message };
    if (made.length === 0) continue;
    actions.push(rule.action);
    for (const mutation of made) mutations.push(mutation);
  }
  const fault = firstFault(mutations);
  return fault ? { reject: fault } : { actions, mutations };
}

/** A rule without a filter always runs; session hooks are matched by the text of the subscription. */
function passes(event: HookEvent, rule: HookRule): boolean {
  if (rule.filter === undefined) return true;
  const topic = topicOf(event);
  // a topic on a client hook makes every call of the backend fail
  return topic !== undefined && topicMatches(topic, rule.filter);
}

function run(action: Action, event: HookEvent, options: ApplyOptions, stored: Maker): Mutation[] {
  switch (event.hook) {
    case 'client.connected': {
      if (action !== 'on_client_connected') return [];
      const item = connectedItem({ ...event, onlineAt: toUnit(event.onlineAtMs, options) });
      return [put('mqtt_client', item)];
    }
    case 'client.disconnected': {
      if (action !== 'on_client_disconnected') return [];
      const values = disconnectedValues(toUnit(event.offlineAtMs, options));
      return [{ kind: 'set', table: 'mqtt_client', key: { clientid: s(event.clientid) }, values }];
    }
    case 'session.unsubscribed': {
      if (action !== 'on_acked_delete') return [];
      return [{ kind: 'delete', table: 'mqtt_acked', key: { topic: s(event.filter), clientid: s(event.clientid) } }];
    }
    case 'message.publish':
      return published(action, event.message, stored);
    case 'message.acked': {
      if (action !== 'on_message_acked_for_queue') return [];
      const msgid = encodeMsgid(event.guid);
      return [
        put('mqtt_acked', ackedItem({ ...event, msgid })),
        { kind: 'delete', table: 'mqtt_msg', key: { msgid: s(msgid) } },
        { kind: 'remove-id', table: 'mqtt_topic_msg_map', key: { topic: s(event.topic) }, id: msgid },
      ];
    }
    case 'session.subscribed':
      return [];
  }
}

/** A message as it is stored. */
type Stored = { msgid: string; item: Item; bytes: number };
type Maker = (message: RecordedMessage) => Stored | Reject;

function storedMessage(message: RecordedMessage, options: ApplyOptions): Stored | Reject {
  const payload = payloadOf(message, options);
  if ('reason' in payload) return payload;
  const { topic, sender, qos, retain } = message;
  const msgid = encodeMsgid(message.guid);
  const item = messageItem({ msgid, topic, sender, qos, retain, payload, arrived: toUnit(message.arrivedMs, options) });
  return { msgid, item, bytes: itemBytes(item) };
}

/** A payload that is not text, or that the recorder cut, is stored only where the policy says so. */
function payloadOf({ cut, payload }: RecordedMessage, { binaryPayload }: ApplyOptions): Payload | Reject {
  if (cut && (binaryPayload === 'reject' || cut.recorded === 0)) {
    return { reason: 'payload_length', detail: `the recorder wrote ${cut.recorded} of ${cut.sent} bytes of the payload` };
  }
  if (typeof payload === 'string') return { text: payload };
  return storedPayload(payload, binaryPayload) ?? { reason: 'utf8', detail: 'payload is not UTF-8; see --binary-payload' };
}

function published(action: Action, message: RecordedMessage, stored: Maker): Mutation[] {
  // a payload that the recorder lost is not empty
  const clears = message.retain && message.payload.length === 0 && !message.cut;
  switch (action) {
    case 'on_retain_delete':
      return clears ? [{ kind: 'delete', table: 'mqtt_retain', key: { topic: s(message.topic) } }] : [];
    case 'on_message_publish':
      return clears || message.qos === 0 ? [] : storedAndMapped(message, stored(message));
    case 'on_message_store':
      return clears ? [] : putMessage('mqtt_msg', stored(message));
    case 'on_message_retain':
      return clears || !message.retain || message.redispatched ? [] : putMessage('mqtt_retain', stored(message));
    default:
      return [];
  }
}

function storedAndMapped({ topic }: RecordedMessage, message: Stored | Reject): Mutation[] {
  if ('reason' in message) return [];
  return [
    ...putMessage('mqtt_msg', message),
    { kind: 'add-id', table: 'mqtt_topic_msg_map', key: { topic: s(topic) }, id: message.msgid },
  ];
}

function putMessage(table: 'mqtt_msg' | 'mqtt_retain', message: Stored | Reject): Mutation[] {
  if ('reason' in message) return [];
  const { item, bytes } = message;
  return [{ kind: 'put', table, key: keyOf(table, item), item, bytes }];
}

function put(table: TableName, item: Item): Mutation {
  return { kind: 'put', table, key: keyOf(table, item), item, bytes: itemBytes(item) };
}

function keyOf(table: TableName, item: Item): Item {
  const key: Item = {};
  for (const name of KEYS[table]) key[name] = item[name]!;
  return key;
}

function toUnit(millis: Millis, options: ApplyOptions): Millis {
  if (typeof millis === 'bigint') return options.timeUnit === 's' ? millis / 1000n : millis;
  return options.timeUnit === 's' ? Math.floor(millis / 1000) : millis;
}

function firstFault(mutations: readonly Mutation[]): Reject | undefined {
  for (const mutation of mutations) {
    const fault = keyFault(mutation) ?? sizeFault(mutation);
    if (fault) return fault;
  }
  return undefined;
}

function keyFault({ table, key }: Mutation): Reject | undefined {
  for (const [position, name] of KEYS[table].entries()) {
    const value = key[name]!;
    const text = 'S' in value ? value.S : '';
    const limit = position === 0 ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
    // no character takes more than three bytes
    if (text !== '' && text.length * 3 <= limit) continue;
    const bytes = utf8ByteLength(text);
    if (bytes === 0) return { reason: 'key_empty', detail: `${table}.${name} is empty` };
    if (bytes > limit) return { reason: 'key_too_long', detail: `${table}.${name} ${thousands(bytes)} > ${thousands(limit)}` };
  }
  return undefined;
}

function sizeFault(mutation: Mutation): Reject | undefined {
  if (mutation.kind !== 'put') return undefined;
  const { bytes } = mutation;
  if (bytes <= MAX_ITEM_BYTES) return undefined;
  return { reason: 'item_too_large', detail: `${mutation.table} ${thousands(bytes)} > ${thousands(MAX_ITEM_BYTES)}` };
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
