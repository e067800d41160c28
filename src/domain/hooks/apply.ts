import { countText } from '../count-text.ts';
import type { HookEvent, Millis, RecordedMessage, Reject } from '../events/event.ts';
import { topicOf } from '../events/facets.ts';
import { clearsRetained } from '../events/retained.ts';
import { itemBytes, MAX_ITEM_BYTES, type Item } from '../item.ts';
import { utf8ByteLength } from '../mqtt/bytes.ts';
import { storedPayload, type BinaryPayloadPolicy, type Payload } from '../mqtt/payload.ts';
import { topicMatches } from '../mqtt/topic.ts';
import { msgidOf } from '../mqtt/msgid-text.ts';
import { ackedItem, connectedItem, disconnectedValues, messageItem } from '../records/items.ts';
import { keyItem, itemKeyOf } from '../records/keys.ts';
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

const NOTHING: readonly Mutation[] = [];
const NO_EFFECT: Effect = { actions: [], mutations: NOTHING };

/** Disconnects of an older connection whose client is already back; brokers since 4.3.22 do not raise them. */
const REPLACED_SESSION = new Set(['takeovered', 'takenover', 'discarded']);

/**
 * What the backend would write for an event under the given rules: the preconditions and the order of emqx_backend_dynamo 4.3.5.
 * An event
 * that DynamoDB could not take whole (key or item too large) is a reject and writes nothing at all.
 */
export function applyEvent(event: HookEvent, options: ApplyOptions): Effect | { reject: Reject } {
  if (event.hook === 'client.disconnected' && REPLACED_SESSION.has(event.reason)) return NO_EFFECT;
  let effect = NO_EFFECT;
  let item: Item | { reject: Reject } | undefined;
  for (const { hook, action, filter } of options.rules) {
    if (hook !== event.hook || !passes(event, filter)) continue;
    let mutations: readonly Mutation[];
    if (event.hook !== 'message.publish' || !storesMessage(action, event.message)) mutations = run(action, event, options);
    else {
      // made at most once an event: the same item goes to mqtt_msg and mqtt_retain
      item ??= storedMessage(event.message, options);
      if (isReject(item)) return item;
      mutations = stored(action, event.message, item);
    }
    if (mutations.length > 0) effect = joined(effect, action, mutations);
  }
  const fault = firstFault(effect.mutations);
  return fault ? { reject: fault } : effect;
}

/** Nearly always one action does it all; then its own list is the effect's. */
function joined({ actions, mutations }: Effect, action: Action, more: readonly Mutation[]): Effect {
  return actions.length === 0
    ? { actions: [action], mutations: more }
    : { actions: [...actions, action], mutations: [...mutations, ...more] };
}

/** Whether one of some rules has the backend run an action on an event. */
export function runsOn(event: HookEvent, action: Action, rules: readonly HookRule[]): boolean {
  return rules.some((rule) => rule.hook === event.hook && rule.action === action && passes(event, rule.filter));
}

/** A rule without a filter always runs; session hooks are matched by the text of the subscription. */
function passes(event: HookEvent, filter: string | undefined): boolean {
  if (filter === undefined) return true;
  const topic = topicOf(event);
  // a topic on a client hook makes every call of the backend fail
  return topic !== undefined && topicMatches(topic, filter);
}

function run(action: Action, event: HookEvent, options: ApplyOptions): readonly Mutation[] {
  if (event.hook === 'client.connected' && action === 'on_client_connected') {
    const { clientid, node } = event;
    const item = connectedItem({ clientid, node, onlineAt: toUnit(event.onlineAtMs, options) });
    return [put('mqtt_client', item)];
  }
  if (event.hook === 'client.disconnected' && action === 'on_client_disconnected') {
    const values = disconnectedValues(toUnit(event.offlineAtMs, options));
    return [{ kind: 'set', table: 'mqtt_client', key: keyOf('mqtt_client', event.clientid), values }];
  }
  if (event.hook === 'session.unsubscribed' && action === 'on_acked_delete') {
    return [{ kind: 'delete', table: 'mqtt_acked', key: keyOf('mqtt_acked', event.filter, event.clientid) }];
  }
  if (event.hook === 'message.acked' && action === 'on_message_acked_for_queue') {
    const { clientid, topic } = event;
    const msgid = msgidOf(event.guid);
    return [
      put('mqtt_acked', ackedItem({ clientid, topic, msgid })),
      { kind: 'delete', table: 'mqtt_msg', key: keyOf('mqtt_msg', msgid) },
      { kind: 'remove-id', table: 'mqtt_topic_msg_map', key: keyOf('mqtt_topic_msg_map', topic), id: msgid },
    ];
  }
  if (event.hook === 'message.publish' && action === 'on_retain_delete' && clearsRetained(event.message)) {
    return [{ kind: 'delete', table: 'mqtt_retain', key: keyOf('mqtt_retain', event.message.topic) }];
  }
  return NOTHING;
}

function storesMessage(action: Action, message: RecordedMessage): boolean {
  if (clearsRetained(message)) return false;
  switch (action) {
    case 'on_message_publish':
      return message.qos !== 0;
    case 'on_message_store':
      return true;
    case 'on_message_retain':
      return message.retain && !message.redispatched;
    default:
      return false;
  }
}

function stored(action: Action, { guid, topic }: RecordedMessage, item: Item): readonly Mutation[] {
  if (action === 'on_message_retain') return [put('mqtt_retain', item)];
  const message = put('mqtt_msg', item);
  if (action === 'on_message_store') return [message];
  const key = keyOf('mqtt_topic_msg_map', topic);
  return [message, { kind: 'add-id', table: 'mqtt_topic_msg_map', key, id: msgidOf(guid) }];
}

function put(table: TableName, item: Item): Mutation {
  return { kind: 'put', table, key: keyItem(itemKeyOf(table, item)), item, bytes: itemBytes(item) };
}

function keyOf(table: TableName, partition: string, sort?: string): Item {
  return keyItem({ table, partition, sort });
}

function storedMessage(message: RecordedMessage, options: ApplyOptions): Item | { reject: Reject } {
  const payload = payloadOf(message, options);
  if ('reason' in payload) return { reject: payload };
  const { guid, topic, sender, qos, retain } = message;
  const arrived = toUnit(message.arrivedMs, options);
  return messageItem({ msgid: msgidOf(guid), topic, sender, qos, retain, payload, arrived });
}

/** No attribute of a message is called that. */
function isReject(item: Item | { reject: Reject }): item is { reject: Reject } {
  return 'reject' in item;
}

/** A payload that is not text, or that the recorder cut, is stored only where the policy says so. */
function payloadOf({ cut, payload }: RecordedMessage, { binaryPayload }: ApplyOptions): Payload | Reject {
  if (cut && (binaryPayload === 'reject' || cut.recorded === 0)) {
    return { reason: 'payload_length', detail: `the recorder wrote ${cut.recorded} of ${cut.sent} bytes of the payload` };
  }
  if (typeof payload === 'string') return { text: payload };
  return storedPayload(payload, binaryPayload) ?? { reason: 'utf8', detail: 'payload is not UTF-8; see --binary-payload' };
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

/** A message's own key always fits. */
function keyFault({ table, key }: Mutation): Reject | undefined {
  if (table === 'mqtt_msg') return undefined;
  const { partition, sort } = itemKeyOf(table, key);
  const fault = partFault(table, 0, partition, MAX_PARTITION_KEY_BYTES);
  return fault ?? (sort === undefined ? undefined : partFault(table, 1, sort, MAX_SORT_KEY_BYTES));
}

function partFault(table: Mutation['table'], part: 0 | 1, text: string, limit: number): Reject | undefined {
  // no character takes more than three bytes
  if (text !== '' && text.length * 3 <= limit) return undefined;
  const name = `${table}.${KEYS[table][part]}`;
  if (text === '') return { reason: 'key_empty', detail: `${name} is empty` };
  const bytes = utf8ByteLength(text);
  return bytes > limit ? { reason: 'key_too_long', detail: `${name} ${countText(bytes)} > ${countText(limit)}` } : undefined;
}

function sizeFault(mutation: Mutation): Reject | undefined {
  if (mutation.kind !== 'put') return undefined;
  const { bytes } = mutation;
  if (bytes <= MAX_ITEM_BYTES) return undefined;
  return { reason: 'item_too_large', detail: `${mutation.table} ${countText(bytes)} > ${countText(MAX_ITEM_BYTES)}` };
}
