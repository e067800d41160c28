import { effectiveFilter } from '../mqtt/topic.ts';
import { guidFromHex } from '../mqtt/msgid.ts';
import { rejected, UNDEFINED, type Decoded, type HookEvent } from './event.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { FieldReader } from './record.ts';

/** Events of the rule engine that the backend has no hook for, or that repeat what a publish already stored. */
const WITHOUT_EFFECT = new Set([
  'message.delivered',
  'message.dropped',
  'delivery.dropped',
  'client.connack',
  'client.check_acl_complete',
  'client.check_authz_complete',
  'client.check_authn_complete',
]);

/** Rule-engine event JSON of EMQX 4.x and 5.x (rules, HTTP action, disk log). Source: facts section 3b. */
export const ruleEngine: EventFormat = {
  name: 'rule-engine',
  detects: ({ fields }) => typeof fields['event'] === 'string' && !Object.hasOwn(fields, 'action'),
  decode(record, options) {
    const read = new FieldReader(record);
    const kind = read.text('event');
    if (read.fault) return { reject: read.fault };
    if (WITHOUT_EFFECT.has(kind)) return { skip: kind };
    const decode = DECODERS[kind];
    if (decode === undefined) return rejected('unknown_event', kind);
    const event = decode(read, options);
    return read.fault ? { reject: read.fault } : ({ event } satisfies Decoded);
  },
};

const DECODERS: Readonly<Record<string, ((read: FieldReader, options: DecodeOptions) => HookEvent) | undefined>> = {
  __proto__: null as never,
  'client.connected': (read, options) => ({
    hook: 'client.connected',
    clientid: read.text('clientid'),
    node: read.optionalText('node') ?? options.node,
    onlineAtMs: read.millis('connected_at', 'timestamp'),
  }),
  'client.disconnected': (read) => ({
    hook: 'client.disconnected',
    clientid: read.text('clientid'),
    reason: read.optionalText('reason') ?? UNDEFINED,
    offlineAtMs: read.millis('disconnected_at', 'timestamp'),
  }),
  'session.subscribed': (read) => ({
    hook: 'session.subscribed',
    clientid: read.text('clientid'),
    filter: effectiveFilter(read.text('topic')).filter,
  }),
  'session.unsubscribed': (read) => ({
    hook: 'session.unsubscribed',
    clientid: read.text('clientid'),
    filter: effectiveFilter(read.text('topic')).filter,
  }),
  'message.publish': (read) => ({
    hook: 'message.publish',
    message: {
      guid: messageId(read),
      topic: read.text('topic'),
      sender: read.optionalText('clientid') ?? UNDEFINED,
      qos: read.qos('qos'),
      retain: retainFlag(read),
      payload: requiredPayload(read),
      // `timestamp` is the event's time; only 4.0.0 to 4.0.5 have the message's time there
      arrivedMs: read.millis('publish_received_at', 'timestamp'),
    },
  }),
  'message.acked': (read) => ({
    hook: 'message.acked',
    clientid: read.text('clientid'),
    topic: read.text('topic'),
    guid: messageId(read),
  }),
};

function messageId(read: FieldReader): bigint {
  const text = read.text('id');
  const guid = guidFromHex(text);
  if (guid !== undefined) return guid;
  if (text === '') read.fail('field_missing', 'id is empty');
  else read.fail('field_value', 'id is not a hexadecimal message id');
  return 0n;
}

/** The flag stands in `flags`; a message without one was not retained. */
function retainFlag(read: FieldReader): boolean {
  const flags = read.raw('flags');
  return typeof flags === 'object' && flags !== null && (flags as Record<string, unknown>)['retain'] === true;
}

function requiredPayload(read: FieldReader): string | Uint8Array {
  if (!read.has('payload')) read.fail('field_missing', 'payload');
  return read.payload('payload');
}
