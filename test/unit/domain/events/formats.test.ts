import { describe, expect, it } from 'vitest';
import type { DecodeOptions } from '../../../../src/domain/events/format.ts';
import { readRecord } from '../../../../src/domain/events/record.ts';
import { decodeRecord, formatNamed, formatOf, FORMATS, INPUT_FORMATS } from '../../../../src/domain/events/registry.ts';
import { asText, fixtureLines } from './fixture-text.ts';

const OPTIONS: DecodeOptions = { node: 'undefined', fallbackMillis: 1_714_730_000_000 };

function recordOf(line: string | Uint8Array) {
  const read = readRecord(Buffer.from(line));
  if ('reject' in read) throw new Error(`not a record: ${read.reject.detail}`);
  return read.record;
}

const decode = (line: string | Uint8Array | object, options: DecodeOptions = OPTIONS, as?: string) => {
  const text = typeof line === 'string' || line instanceof Uint8Array ? line : JSON.stringify(line);
  return decodeRecord(recordOf(text), options, as === undefined ? undefined : formatNamed(as)!).decoded;
};

const reasonOf = (line: object, options?: DecodeOptions, as?: string) => {
  const decoded = decode(line, options, as);
  return 'reject' in decoded ? decoded.reject.reason : decoded;
};

const message = (line: string | Uint8Array | object, options?: DecodeOptions, as?: string) => {
  const decoded = decode(line, options, as);
  if (!('event' in decoded) || decoded.event.hook !== 'message.publish') throw new Error(asText(decoded));
  return decoded.event.message;
};

const acked = (line: object, options?: DecodeOptions) => {
  const decoded = decode(line, options);
  if (!('event' in decoded) || decoded.event.hook !== 'message.acked') throw new Error(asText(decoded));
  return decoded.event;
};

describe.each(FORMATS)('fixtures of $name', ({ name }) => {
  const lines = fixtureLines(name, 'input.jsonl').map((line, index) => ({
    line,
    expected: fixtureLines(name, 'expected.jsonl')[index],
  }));

  it.each(lines)('$line', ({ line, expected }) => {
    expect(asText(decode(line))).toBe(expected);
  });

  it('has an expectation for every line', () => {
    expect(fixtureLines(name, 'expected.jsonl')).toHaveLength(lines.length);
  });

  it.each(lines)('is claimed by this format alone: $line', ({ line }) => {
    const record = recordOf(line);
    expect(FORMATS.filter((format) => format.detects(record)).map((format) => format.name)).toEqual([name]);
    expect(formatOf(record)?.name).toBe(name);
  });

  it.each(lines)('comes out the same when the format is named: $line', ({ line, expected }) => {
    expect(asText(decode(line, OPTIONS, name))).toBe(expected);
  });
});

describe('the registry', () => {
  it('offers auto and every format', () => {
    expect(INPUT_FORMATS).toEqual(['auto', 'rule-engine', 'webhook', 'exhook', 'mosquitto', 'mqttx', 'sys', 'rejects']);
  });

  it('says of a bridge record why it cannot be used', () => {
    const decoded = decode({ client_id: 'a', username: 'b', node: 'n', ts: 1_714_727_730_250 });
    expect(decoded).toEqual({ reject: { reason: 'unknown_event', detail: expect.stringContaining('Kafka') as string } });
  });

  it.each([{}, { topic: 'a', payload: 'b' }, { Item: { msgid: { S: 'x' } } }, { clientid: 'a' }, { __proto__x: 1 }])(
    'knows no format for %j',
    (record) => {
      expect(formatOf({ fields: record, keepsBytes: false })).toBeUndefined();
      expect(reasonOf(record)).toBe('unknown_event');
    },
  );

  it('takes names of object members as unknown fields', () => {
    const line = '{"__proto__":{"event":"client.connected"},"constructor":{"name":"x"},"hasOwnProperty":1}';
    expect(decode(line)).toMatchObject({ reject: { reason: 'unknown_event' } });
    expect(decode('{"event":"constructor"}')).toMatchObject({ reject: { reason: 'unknown_event' } });
    expect(decode('{"action":"toString"}')).toMatchObject({ reject: { reason: 'unknown_event' } });
  });

  it('unwraps what a subscriber recorded although another format is named', () => {
    const presence = fixtureLines('sys', 'input.jsonl')[0]!;
    expect(decode(presence, OPTIONS, 'mosquitto')).toEqual(decode(presence));
    const republished = {
      tst: 1_714_727_731,
      topic: 'log',
      qos: 0,
      retain: 0,
      payload: fixtureLines('rule-engine', 'input.jsonl')[0]!,
    };
    expect(decode(republished, OPTIONS, 'rule-engine')).toEqual(decode(republished.payload));
    expect(message(republished).topic).toBe('log');
    const inReject = { reason: 'refused', sha256: '', raw: JSON.stringify(republished) };
    expect(decode(inReject, OPTIONS, 'rule-engine')).toEqual(decode(republished.payload));
  });
});

describe('rule-engine', () => {
  const publish = {
    event: 'message.publish',
    topic: 't',
    qos: 1,
    payload: 'x',
    clientid: 'c',
    publish_received_at: 1_714_727_730_250,
  };

  it('makes an id from the content where the SQL selected none, the same for the ack', () => {
    const ack = { ...publish, event: 'message.acked', from_clientid: 'c', clientid: 'd', timestamp: 1_714_727_739_999 };
    expect(acked(ack).guid).toBe(message(publish).guid);
    expect(message({ ...publish, payload: 'y' }).guid).not.toBe(message(publish).guid);
    expect(reasonOf({ event: 'message.acked', clientid: 'd', topic: 't' })).toBe('field_missing');
  });

  it.each([
    ['topic', undefined, 'field_missing'],
    ['qos', undefined, 'field_missing'],
    ['qos', 'undefined', 'field_missing'],
    ['payload', null, 'field_missing'],
    ['publish_received_at', undefined, 'field_missing'],
    ['topic', 5, 'field_type'],
    ['id', 7, 'field_type'],
    ['id', 'xyz', 'field_value'],
    ['id', 'undefined', 'field_missing'],
    ['flags', 'retain', 'field_type'],
    ['qos', 1.5, 'field_type'],
    ['qos', 'one', 'field_type'],
    ['publish_received_at', 2 ** 53, 'unsafe_number'],
    ['publish_received_at', 1e40, 'number_range'],
    ['publish_received_at', '1'.repeat(39), 'number_range'],
    ['publish_received_at', '-1', 'number_range'],
    ['clientid', '\ud800', 'unpaired_surrogate'],
    ['payload', '\udc80', 'unpaired_surrogate'],
    ['payload', { a: '\ud800' }, 'unpaired_surrogate'],
    ['payload', { a: [2 ** 60] }, 'unsafe_number'],
  ])('rejects %s = %j as %s', (field, value, reason) => {
    expect(reasonOf({ ...publish, [field]: value })).toBe(reason);
  });

  it('takes no other type for the kind', () => {
    expect(reasonOf({ ...publish, event: 5 })).toBe('unknown_event');
    expect(reasonOf({ ...publish, event: 5 }, OPTIONS, 'rule-engine')).toBe('field_type');
  });

  it('keeps digits that a double does not hold', () => {
    expect(message({ ...publish, publish_received_at: '12345678901234567890123456789012345678' }).arrivedMs).toBe(
      12345678901234567890123456789012345678n,
    );
    expect(message({ ...publish, publish_received_at: '1714727730250' }).arrivedMs).toBe(1_714_727_730_250);
    expect(Object.is(message({ ...publish, publish_received_at: -0 }).arrivedMs, 0)).toBe(true);
  });

  it('rejects infinite numbers in a structured payload', () => {
    const line = JSON.stringify(publish).replace('"x"', '{"n":1e400}');
    expect(decode(line)).toMatchObject({ reject: { reason: 'number_range' } });
  });

  it.each([true, 'a', [1, 'é'], { b: { c: null } }])('stores a payload %j as its text', (payload) => {
    expect(message({ ...publish, payload }).payload).toBe(typeof payload === 'string' ? payload : JSON.stringify(payload));
  });

  it('takes the retain flag at the top where there are no flags', () => {
    expect(message({ ...publish, retain: true }).retain).toBe(true);
    expect(message({ ...publish, retain: 1 }).retain).toBe(true);
    expect(message({ ...publish, retain: true, flags: { retain: false } }).retain).toBe(false);
  });

  it.each([
    [{ clientid: 'c', topic: 'f', sub_props: {} }, 'session.subscribed'],
    [{ clientid: 'c', topic: 'f', unsub_props: {} }, 'session.unsubscribed'],
    [{ clientid: 'c', connected_at: 1, disconnected_at: 2 }, 'client.disconnected'],
    [{ id: '5BBEC75F72706F44000000A623BE7', clientid: 'c', topic: 'f', puback_props: {} }, 'message.acked'],
  ])('tells %j without event', (record, hook) => {
    expect(decode(record)).toMatchObject({ event: { hook } });
  });
});

describe('webhook', () => {
  const publish = { action: 'message_publish', from_client_id: 'c', topic: 't', qos: 1, retain: false, ts: 1_714_727_730_250 };
  const encoded = (payload: string, payloadEncoding: 'base62' | 'base64') =>
    message({ ...publish, payload }, { ...OPTIONS, payloadEncoding }).payload;

  it('takes payloads out of their encoding', () => {
    expect(encoded('eyJ0IjoyMS41fB', 'base62')).toBe('{"t":21.5}');
    expect(encoded('eyJ0IjoyMS41fQ==', 'base64')).toBe('{"t":21.5}');
    expect(encoded('eyJ0IjoyMS41fQ', 'base64')).toBe('{"t":21.5}');
    expect(encoded('-_8', 'base64')).toEqual(Buffer.from([0xfb, 0xff]));
    expect(encoded('9CD', 'base62')).toEqual(Buffer.from([0xff]));
    expect(encoded('', 'base62')).toBe('');
    expect(encoded('', 'base64')).toBe('');
  });

  it.each([
    ['base64', 'a b='],
    ['base64', 'eyJ0IjoyMS41fR=='],
    ['base64', 'a'],
    ['base64', 'aGk=='],
    ['base62', '9Z'],
    ['base62', 'a!'],
  ] as const)('rejects broken %s %s', (payloadEncoding, payload) => {
    expect(reasonOf({ ...publish, payload }, { ...OPTIONS, payloadEncoding })).toBe('field_value');
  });

  it('ties an ack to its publish whatever the delivery changed', () => {
    const ack = { ...publish, action: 'message_acked', clientid: 'd', qos: 0, retain: true, payload: 'x' };
    expect(acked(ack).guid).toBe(message({ ...publish, payload: 'x' }).guid);
    expect(acked({ ...ack, ts: publish.ts + 1 }).guid).not.toBe(acked(ack).guid);
  });

  it('has no time for a disconnect of old versions but that of the recording', () => {
    const record = { action: 'client_disconnected', clientid: 'c', reason: 'normal' };
    expect(reasonOf(record, { node: 'n' })).toBe('field_missing');
  });
});

describe('records without a time', () => {
  it.each([{ clientinfo: { clientid: 'c' } }, { topic: 't', payload: 'x', packet: { qos: 1 } }])(
    '%j is rejected without one',
    (record) => {
      expect(decode(record, { node: 'n' })).toMatchObject({
        reject: { reason: 'field_missing', detail: expect.stringContaining('no time') as string },
      });
      expect(decode(record)).toHaveProperty('event');
    },
  );

  it('makes the same id every time, and another one for another packet', () => {
    const record = { topic: 't', payload: 'x', packet: { qos: 1, messageId: 1 } };
    expect(message(record).guid).toBe(message(record).guid);
    expect(message({ ...record, packet: { qos: 1, messageId: 2 } }).guid).not.toBe(message(record).guid);
  });
});

/** A line with one byte in it that is not UTF-8. */
const withBadByte = (json: string) => Buffer.from(json.replace('?', '\xff'), 'latin1');

describe('mosquitto', () => {
  it('keeps the exact bytes of a payload that is not UTF-8', () => {
    const line = Buffer.concat([
      Buffer.from('{"tst":1714727731,"topic":"t","qos":1,"retain":0,"payloadlen":4,"payload":"S'),
      Buffer.from([0x80, 0xff]),
      Buffer.from('S"}'),
    ]);
    expect(message(line).payload).toEqual(Buffer.from([0x53, 0x80, 0xff, 0x53]));
    expect(message(line).cut).toBeUndefined();
  });

  it('rejects such bytes in a topic and in a structured payload', () => {
    const topic = '{"tst":1,"topic":"t?","qos":1,"retain":0,"payload":"x"}';
    const payload = '{"tst":1,"topic":"t","qos":1,"retain":0,"payload":{"a":"?"}}';
    expect(decode(withBadByte(topic))).toMatchObject({ reject: { reason: 'utf8' } });
    expect(decode(withBadByte(payload))).toMatchObject({ reject: { reason: 'utf8' } });
  });
});
