import { utf8ByteLength } from '../mqtt/bytes.ts';
import { dollarTopic, kindOfEventTopic, presenceOfTopic } from './envelope.ts';
import { UNDEFINED, type RecordedMessage } from './event.ts';
import { FieldReader } from './field-reader.ts';
import type { EventFormat } from './format.ts';
import { parseMicros } from './recorded-time.ts';
import { isOld } from './retained.ts';
import { ruleEngine } from './rule-engine.ts';
import { synthesiseGuid } from './synthesise-id.ts';
import { sys } from './sys.ts';

/**
 * One line of `mosquitto_sub -F %j`: a message as a subscriber received it. `%J` is read, too: there the payload is a JSON
 * value, stored as its compact text, so blanks, the order of number-like members and the way numbers were written are lost,
 * and a payload that is a JSON string cannot be told from one that the recorder cut. Source: mosquitto_sub(1), `-F %j`.
 */
export const mosquitto: EventFormat = {
  name: 'mosquitto',
  received: true,
  detects: ({ fields }) => isRecorded(fields) && brokerFormat(fields) === undefined,
  decode(record, options) {
    const broker = brokerFormat(record.fields);
    if (broker !== undefined) return broker.decode(record, options);
    const read = new FieldReader(record);
    const micros = receiveTime(read);
    const topic = read.text('topic');
    const qos = read.qos('qos');
    const retain = read.flag('retain');
    const payload = read.payload('payload');
    const cut = cutBy(read, payload);
    if (read.fault) return { reject: read.fault };
    if (options.retainedAsOld === 'skip' && isOld({ retain, payload, cut })) return { skip: 'retained' };
    const mid = read.raw('mid');
    const extra = `${qos} ${retain ? 1 : 0} ${typeof mid === 'number' ? mid : ''}`;
    const guid = synthesiseGuid({ timestampMicros: micros, sender: UNDEFINED, topic, payload, extra });
    const message: RecordedMessage = { guid, topic, sender: UNDEFINED, qos, retain, payload, arrivedMs: Number(micros / 1000n) };
    if (cut !== undefined) message.cut = cut;
    return { event: { hook: 'message.publish', message } };
  },
};

function isRecorded(fields: Record<string, unknown>): boolean {
  if (typeof fields['event'] === 'string' || typeof fields['action'] === 'string') return false;
  return fields['tst'] !== undefined && fields['topic'] !== undefined;
}

/** The format of an event that the broker itself published and a subscriber recorded like any message. */
export function brokerFormat(fields: Record<string, unknown>): EventFormat | undefined {
  const topic = dollarTopic(fields);
  if (topic === undefined) return undefined;
  if (presenceOfTopic(topic) !== undefined) return sys;
  return kindOfEventTopic(topic) === undefined ? undefined : ruleEngine;
}

/** Whole seconds up to 1.6; since 2.0 local time with an offset, at first with a stray `Z` before it. In microseconds. */
function receiveTime(read: FieldReader): bigint {
  if (typeof read.raw('tst') === 'number') return BigInt(read.millis('tst')) * 1_000n;
  const micros = parseMicros(read.text('tst'));
  if (micros !== undefined && micros >= 0n) return micros;
  read.fail('field_value', 'tst is not a time');
  return 0n;
}

/** The recorder cuts a payload at its first NUL byte; the true length is in `payloadlen`. */
function cutBy(read: FieldReader, payload: string | Uint8Array): RecordedMessage['cut'] {
  const value = read.raw('payload');
  const isText = value === undefined || typeof value === 'string';
  if (!read.has('payloadlen') || !isText) return undefined;
  const recorded = typeof payload === 'string' ? utf8ByteLength(payload) : payload.length;
  const sent = read.integer('payloadlen');
  return recorded === sent ? undefined : { recorded, sent };
}
