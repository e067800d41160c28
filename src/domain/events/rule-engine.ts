import { effectiveFilter } from '../mqtt/topic.ts';
import { dollarTopic, kindOfEventTopic, unwrapped } from './envelope.ts';
import { decodedBy, rejected, UNDEFINED, type Decoded, type HookEvent, type RecordedMessage } from './event.ts';
import { isHookRequest } from './exhook-kind.ts';
import { FieldReader } from './field-reader.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { idFromContent, messageId, millisOf, NO_GUID } from './message-id.ts';
import { asObject } from './record.ts';
import { kindByFields, seemsSelected } from './rule-engine-kind.ts';

/** Events of the rule engine that the backend has no hook for, or that repeat what a publish already stored. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'client.subscribe', // 3.x, as the next one: what the client asked for
  'client.unsubscribe',
  'message.delivered',
  'message.deliver', // 3.x
  'message.dropped',
  'message.transformation_failed',
  'delivery.dropped',
  'client.connect',
  'client.connack',
  'client.ping',
  'client.check_acl_complete',
  'client.check_authz_complete',
  'client.check_authn_complete',
  'schema.validation_failed',
]);

/** Ingress of an MQTT bridge: a message with another broker's flags. */
const BRIDGE = '$bridges/mqtt:';

/**
 * Rule-engine event JSON of EMQX 4.x and 5.x (rules, HTTP action, disk log), and the same as a subscriber of `$events/...`
 * recorded it. Custom SQL may leave fields out, even `event`. Source: EMQX documentation, Rule Engine, SQL events and fields.
 */
export const ruleEngine: EventFormat = {
  name: 'rule-engine',
  detects({ fields }) {
    if (typeof fields['event'] === 'string') return !isHookRequest(fields);
    const topic = dollarTopic(fields);
    return (topic !== undefined && kindOfEventTopic(topic) !== undefined) || seemsSelected(fields);
  },
  decode(record, options) {
    const { fields } = record;
    if (typeof fields['event'] === 'string') return decodeKind(fields['event'], new FieldReader(record), options);
    if (fields['event'] !== undefined && fields['event'] !== null) return rejected('field_type', 'event must be a string');
    const topic = dollarTopic(fields);
    const kind = topic === undefined ? undefined : kindOfEventTopic(topic);
    if (kind !== undefined) {
      const inner = unwrapped(record);
      if ('reject' in inner) return inner;
      const named = inner.record.fields['event'];
      return decodeKind(typeof named === 'string' ? named : kind, new FieldReader(inner.record), options);
    }
    const selected = kindByFields(fields);
    if (selected !== undefined) return decodeKind(selected, new FieldReader(record), options);
    return rejected('unknown_event', 'the record has no event, and its fields fit several kinds; select event as well');
  },
};

function decodeKind(kind: string, read: FieldReader, options: DecodeOptions): Decoded {
  const decode = DECODERS[kind];
  if (decode) {
    return decodedBy(read, decode(read, options));
  }
  if (WITHOUT_EFFECT.has(kind)) return { skip: kind };
  if (!kind.startsWith(BRIDGE)) return rejected('unknown_event', kind);
  return decodedBy(read, published(read));
}

const DECODERS: Readonly<Record<string, ((read: FieldReader, options: DecodeOptions) => HookEvent) | null | undefined>> = {
  __proto__: null,
  'client.connected': (read, options) => ({
    hook: 'client.connected',
    clientid: read.clientId(),
    node: read.knownText('node') ?? options.node,
    onlineAtMs: read.millis('connected_at', 'timestamp', 'ts'),
  }),
  'client.disconnected': (read) => ({
    hook: 'client.disconnected',
    clientid: read.clientId(),
    reason: read.optionalText('reason') ?? UNDEFINED,
    offlineAtMs: read.millis('disconnected_at', 'timestamp', 'ts'),
    connectedAtMs: read.optionalMillis('connected_at'),
  }),
  'session.subscribed': (read) => ({
    hook: 'session.subscribed',
    clientid: read.clientId(),
    filter: effectiveFilter(read.text('topic')).filter,
  }),
  'session.unsubscribed': (read) => ({
    hook: 'session.unsubscribed',
    clientid: read.clientId(),
    filter: effectiveFilter(read.text('topic')).filter,
  }),
  'message.publish': published,
  'message.acked': (read) => ({
    hook: 'message.acked',
    clientid: read.clientId(),
    topic: read.text('topic'),
    guid: read.raw('id') === undefined ? ackedContent(read) : messageId(read, 'id'),
  }),
};

const TIMES = ['publish_received_at', 'message_received_at', 'timestamp'] as const;

function published(read: FieldReader): HookEvent {
  const topic = read.text('topic');
  // 3.x has the publisher in `from`, which its `SELECT *` calls `client_id`
  const sender = read.optionalText('clientid') ?? read.optionalText('client_id') ?? read.optionalText('from') ?? UNDEFINED;
  const payload = requiredPayload(read);
  const made = read.raw('id') === undefined;
  const broker = made ? NO_GUID : messageId(read, 'id');
  // `timestamp` is the event's time; only 4.0.0 to 4.0.5 have the message's time there
  const timed = TIMES.some((name) => read.has(name));
  const arrivedMs = timed || made ? read.millis(...TIMES) : millisOf(broker);
  const guid = made ? idFromContent({ sender, topic, arrivedMs, payload }) : broker;
  const message: RecordedMessage = { guid, topic, sender, qos: read.qos('qos'), retain: retainFlag(read), payload, arrivedMs };
  if (asObject(read.raw('headers'))?.['retained'] === true) message.redispatched = true;
  return { hook: 'message.publish', message };
}

/** The id of an acked message whose SQL selected none: made from the same content as that of its publish. */
function ackedContent(read: FieldReader): string {
  const sender = read.optionalText('from_clientid') ?? read.optionalText('from');
  if (sender === undefined || sender === UNDEFINED || !read.has('publish_received_at') || read.raw('payload') === undefined) {
    read.fail('field_missing', 'id');
    return NO_GUID;
  }
  const arrivedMs = read.millis('publish_received_at');
  return idFromContent({
    sender,
    topic: read.text('topic'),
    arrivedMs,
    payload: read.payload('payload'),
  });
}

/** The flag stands in `flags`, for bridges and `flags.retain as retain` at the top; a message without one was not retained. */
function retainFlag(read: FieldReader): boolean {
  const flags = read.known('flags');
  if (flags === undefined) return read.has('retain') && read.flag('retain');
  const retain = asObject(flags);
  if (retain === undefined) read.fail('field_type', 'flags must be an object');
  return retain?.['retain'] === true || retain?.['retain'] === 1;
}

function requiredPayload(read: FieldReader): string | Uint8Array {
  if (read.raw('payload') === undefined) read.fail('field_missing', 'payload');
  return read.payload('payload');
}
