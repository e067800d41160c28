import { utf8ByteLength } from '../mqtt/bytes.ts';
import { UNDEFINED, type RecordedMessage } from './event.ts';
import type { EventFormat } from './format.ts';
import { FieldReader } from './record.ts';
import { synthesiseGuid } from './synthesise-id.ts';

/** One line of `mosquitto_sub -F %j`: a message as a subscriber received it. Source: facts section 3d. */
export const mosquitto: EventFormat = {
  name: 'mosquitto',
  detects: ({ fields }) => Object.hasOwn(fields, 'tst') && Object.hasOwn(fields, 'topic'),
  decode(record) {
    const read = new FieldReader(record);
    const micros = receiveTime(read);
    const topic = read.text('topic');
    const qos = read.qos('qos');
    const retain = read.integer('retain');
    const payload = read.payload('payload');
    const cut = cutBy(read, payload);
    if (read.fault) return { reject: read.fault };
    const mid = read.raw('mid');
    return {
      event: {
        hook: 'message.publish',
        message: {
          guid: synthesiseGuid({
            timestampMicros: micros,
            sender: UNDEFINED,
            topic,
            payload,
            extra: `${qos} ${retain} ${typeof mid === 'number' ? mid : ''}`,
          }),
          topic,
          sender: UNDEFINED,
          qos,
          retain: retain === 1,
          payload,
          ...(cut === undefined ? {} : { cut }),
          arrivedMs: Number(micros / 1000n),
        },
      },
    };
  },
};

/** Whole seconds up to 1.6; since 2.0 local time with an offset, at first with a stray `Z` before it. In microseconds. */
function receiveTime(read: FieldReader): bigint {
  if (typeof read.raw('tst') === 'number') return BigInt(read.millis('tst')) * 1_000_000n;
  const text = read.text('tst');
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z?(?:([+-])(\d\d):?(\d\d))?$/.exec(text);
  const seconds = match ? Date.parse(`${match[1]!}Z`) / 1000 : Number.NaN;
  if (!match || Number.isNaN(seconds)) {
    if (read.fault === undefined) read.fail('field_value', 'tst is no time');
    return 0n;
  }
  const offset = (Number(match[4] ?? 0) * 60 + Number(match[5] ?? 0)) * 60 * (match[3] === '-' ? -1 : 1);
  return BigInt(seconds - offset) * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'));
}

/** The recorder cuts a payload at its first NUL byte; the true length is in `payloadlen`. */
function cutBy(read: FieldReader, payload: string | Uint8Array): RecordedMessage['cut'] {
  if (!read.has('payloadlen')) return undefined;
  const recorded = typeof payload === 'string' ? utf8ByteLength(payload) : payload.length;
  const sent = read.integer('payloadlen');
  return recorded === sent ? undefined : { recorded, sent };
}
