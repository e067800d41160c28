import { effectiveFilter } from '../mqtt/topic.ts';
import { decodedBy, rejected, UNDEFINED, type HookEvent, type Millis } from './event.ts';
import { FieldReader } from './field-reader.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { idFromContent } from './message-id.ts';
import { encodedPayload } from './payload-encoding.ts';
import { receivedAt } from './recorded-time.ts';

/** Actions that the backend has no hook for, or that repeat what a publish already stored. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'client_connect',
  'client_connack',
  'client_subscribe',
  'client_unsubscribe',
  'session_created',
  'session_terminated',
  'message_delivered',
  'message_deliver', // 3.1 to 3.4
  'message_dropped',
]);

/** Bodies of the webhook plug-in of EMQX 3.x and 4.x (NanoMQ posts the same). Source: emqx_web_hook 4.4. */
export const webhook: EventFormat = {
  name: 'webhook',
  detects: ({ fields }) => typeof fields['action'] === 'string' && typeof fields['event'] !== 'string',
  decode(record, options) {
    const read = new FieldReader(record);
    const action = read.text('action');
    const decode = DECODERS[action];
    if (read.fault !== undefined) return { reject: read.fault };
    if (!decode) return WITHOUT_EFFECT.has(action) ? { skip: action } : rejected('unknown_event', action);
    return decodedBy(read, decode(read, options));
  },
};

const DECODERS: Readonly<Record<string, ((read: FieldReader, options: DecodeOptions) => HookEvent) | null | undefined>> = {
  __proto__: null,
  client_connected: (read, options) => ({
    hook: 'client.connected',
    clientid: read.clientId(),
    node: read.knownText('node') ?? options.node,
    onlineAtMs: timeOf(read, 'connected_at', options),
  }),
  client_disconnected: (read, options) => ({
    hook: 'client.disconnected',
    clientid: read.clientId(),
    reason: read.optionalText('reason') ?? UNDEFINED,
    offlineAtMs: timeOf(read, 'disconnected_at', options),
    connectedAtMs: read.optionalMillis('connected_at'),
  }),
  session_subscribed: (read) => ({
    hook: 'session.subscribed',
    clientid: read.clientId(),
    filter: effectiveFilter(read.text('topic')).filter,
  }),
  session_unsubscribed: unsubscribed,
  session_unsubscribe: unsubscribed, // as the documentation spells it
  message_publish: (read, options) => {
    const message = messageContent(read, options);
    const guid = idFromContent(message);
    return { hook: 'message.publish', message: { guid, ...message, qos: read.qos('qos'), retain: read.flag('retain') } };
  },
  message_acked: (read, options) => {
    // no other time leads to the message
    if (!read.has('ts')) read.fail('field_missing', 'ts');
    const message = messageContent(read, options);
    return { hook: 'message.acked', clientid: read.clientId(), topic: message.topic, guid: idFromContent(message) };
  },
};

function unsubscribed(read: FieldReader): HookEvent {
  return { hook: 'session.unsubscribed', clientid: read.clientId(), filter: effectiveFilter(read.text('topic')).filter };
}

/** What is the same in a publish and in its acks; there is no message id to tie them together. */
function messageContent(read: FieldReader, { payloadEncoding }: DecodeOptions) {
  if (read.raw('payload') === undefined) read.fail('field_missing', 'payload');
  return {
    sender: read.knownText('from_client_id') ?? UNDEFINED,
    topic: read.text('topic'),
    payload: encodedPayload(read, 'payload', payloadEncoding ?? 'plain'),
    arrivedMs: read.millis('ts'),
  };
}

/** Versions before 4.2.2 tell no time of a disconnect, and some no time of a connect. */
function timeOf(read: FieldReader, name: string, options: DecodeOptions): Millis {
  return read.has(name) ? read.millis(name) : receivedAt(read, options);
}
