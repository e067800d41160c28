import { effectiveFilter } from '../mqtt/topic.ts';
import { decodedBy, rejected, UNDEFINED, type HookEvent, type Millis, type Reject } from './event.ts';
import { callByShape, holdsHookRequest, isHookRequest, namedCall } from './exhook-kind.ts';
import { FieldReader } from './field-reader.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { idFromContent, messageId } from './message-id.ts';
import { encodedPayload } from './payload-encoding.ts';
import { asObject, type JsonRecord } from './record.ts';
import { receivedAt } from './recorded-time.ts';

/** Calls that the backend has no hook for, or that repeat what a publish already stored. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'providerloaded',
  'providerunloaded',
  'clientconnect',
  'clientconnack',
  'clientauthenticate',
  'clientauthorize',
  'clientcheckacl',
  'clientsubscribe',
  'clientunsubscribe',
  'sessioncreated',
  'sessionresumed',
  'sessiondiscarded',
  'sessiontakenover',
  'sessiontakeovered',
  'sessionterminated',
  'messagedelivered',
  'messagedropped',
]);

const UNNAMED =
  'delivered and acked messages look the same; record the name of the call with the request, {"rpc":"OnMessageAcked",...}';

/**
 * Requests of EMQX's ExHook as protobuf's JSON form: base64 payload, 64-bit numbers as text, zeros left out.
 * Source: EMQX documentation, ExHook (exhook.proto).
 */
export const exhook: EventFormat = {
  name: 'exhook',
  notice: 'ExHook does not mark retained messages, so none are stored or cleared from these records',
  detects: ({ fields }) => isHookRequest(fields) || holdsHookRequest(fields),
  decode(record, options) {
    const request = asObject(record.fields['request']) ?? record.fields;
    const call = namedCall(record.fields) ?? namedCall(request) ?? callByShape(request);
    if (call === undefined) return rejected('unknown_event', UNNAMED);
    if (WITHOUT_EFFECT.has(call)) return { skip: call };
    const decode = DECODERS[call];
    if (!decode) return rejected('unknown_event', call);
    const read = new RequestReader(record, request, options);
    const event = decode(read);
    return decodedBy(read, event);
  },
};

const DECODERS: Readonly<Record<string, ((read: RequestReader) => HookEvent) | null | undefined>> = {
  __proto__: null,
  clientconnected: (read) => ({
    hook: 'client.connected',
    clientid: read.client.text('clientid'),
    node: read.node(),
    onlineAtMs: read.receiveTime(),
  }),
  clientdisconnected: (read) => ({
    hook: 'client.disconnected',
    clientid: read.client.text('clientid'),
    reason: read.request.optionalText('reason') ?? UNDEFINED,
    offlineAtMs: read.receiveTime(),
  }),
  sessionsubscribed: (read) => ({ hook: 'session.subscribed', clientid: read.client.text('clientid'), filter: read.filter() }),
  sessionunsubscribed: (read) => ({
    hook: 'session.unsubscribed',
    clientid: read.client.text('clientid'),
    filter: read.filter(),
  }),
  messagepublish({ message }) {
    const topic = message.text('topic');
    const sender = message.optionalText('from') ?? UNDEFINED;
    const payload = encodedPayload(message, 'payload', 'base64');
    const arrivedMs = message.millis('timestamp');
    const guid = message.has('id') ? messageId(message, 'id') : idFromContent({ sender, topic, arrivedMs, payload });
    const qos = message.has('qos') ? message.qos('qos') : 0; // zeros are left out
    return { hook: 'message.publish', message: { guid, topic, sender, qos, retain: false, payload, arrivedMs } };
  },
  messageacked: ({ client, message }) => ({
    hook: 'message.acked',
    clientid: client.text('clientid'),
    topic: message.text('topic'),
    guid: messageId(message, 'id'),
  }),
};

/** The parts of a request: itself, its client and its message. */
class RequestReader {
  readonly request: FieldReader;
  readonly client: FieldReader;
  readonly message: FieldReader;
  private readonly meta: FieldReader;
  private readonly outer: FieldReader;
  private readonly options: DecodeOptions;

  constructor(record: JsonRecord, request: Record<string, unknown>, options: DecodeOptions) {
    const part = (value: unknown) => new FieldReader({ ...record, fields: asObject(value) ?? {} });
    this.outer = new FieldReader(record);
    this.request = part(request);
    this.client = part(request['clientinfo']);
    this.message = part(request['message']);
    this.meta = part(request['meta']);
    this.options = options;
  }

  get untimed(): boolean {
    return this.outer.untimed || this.message.untimed;
  }

  get fault(): Reject | undefined {
    return this.request.fault ?? this.client.fault ?? this.message.fault ?? this.meta.fault ?? this.outer.fault;
  }

  filter(): string {
    return effectiveFilter(this.request.text('topic')).filter;
  }

  node(): string {
    return this.client.knownText('node') ?? this.meta.knownText('node') ?? this.options.node;
  }

  /** Connects and disconnects carry no time: the recorder's own one, or that of the recording. */
  receiveTime(): Millis {
    return receivedAt(this.outer, this.options);
  }
}
