import { decodedBy, UNDEFINED, type RecordedMessage } from './event.ts';
import { FieldReader } from './field-reader.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { brokerFormat } from './mosquitto.ts';
import { bufferJson, encodedPayload, textOrBytes } from './payload-encoding.ts';
import { asObject, type JsonRecord } from './record.ts';
import { receivedAt } from './recorded-time.ts';
import { isOld } from './retained.ts';
import { synthesiseGuid } from './synthesise-id.ts';

/**
 * One object of `mqttx sub --output-mode clean`: a message as a subscriber received it, with its exact bytes. Up to 1.12 it
 * has no time: that of the recording stands for it, and messages that are alike in everything else get one id.
 * Source: MQTTX CLI, `--output-mode clean`.
 */
export const mqttx: EventFormat = {
  name: 'mqttx',
  received: true,
  detects: ({ fields }) =>
    typeof fields['packet'] === 'object' &&
    typeof fields['topic'] === 'string' &&
    typeof fields['event'] !== 'string' &&
    fields['tst'] === undefined &&
    brokerFormat(fields) === undefined,
  decode(record, options) {
    const broker = brokerFormat(record.fields);
    if (broker !== undefined) return broker.decode(record, options);
    const read = new FieldReader(record);
    const packet = new FieldReader({ fields: read.object('packet') ?? {}, keepsBytes: record.keepsBytes });
    const topic = read.text('topic');
    const qos = packet.qos('qos');
    const retain = packet.has('retain') && packet.flag('retain');
    const payload = payloadOf(record, read, options);
    const arrivedMs = receivedAt(read, options);
    const fault = read.fault ?? packet.fault;
    if (fault !== undefined) return { reject: fault };
    if (options.retainedAsOld === 'skip' && isOld({ retain, payload })) return { skip: 'retained' };
    const id = packet.raw('messageId');
    const extra = `${qos} ${retain ? 1 : 0} ${typeof id === 'number' ? id : ''}`;
    const timestampMicros = BigInt(arrivedMs) * 1000n;
    const guid = synthesiseGuid({ timestampMicros, sender: UNDEFINED, topic, payload, extra });
    const message: RecordedMessage = { guid, topic, sender: UNDEFINED, qos, retain, payload, arrivedMs };
    return decodedBy(read, { hook: 'message.publish', message });
  },
};

/** The packet's own bytes; without them the text at the top, which was converted by an option of the recorder. */
function payloadOf({ fields }: JsonRecord, read: FieldReader, { payloadEncoding }: DecodeOptions): string | Uint8Array {
  const bytes = bufferJson(asObject(fields['packet'])?.['payload']) ?? bufferJson(fields['payload']);
  if (bytes !== undefined) return textOrBytes(bytes);
  if (read.raw('payload') === undefined) read.fail('field_missing', 'payload');
  return encodedPayload(read, 'payload', payloadEncoding ?? 'plain');
}
