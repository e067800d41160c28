import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Decoded, RecordedMessage } from '../../../../src/domain/events/event.ts';
import { mosquitto } from '../../../../src/domain/events/mosquitto.ts';
import { readRecord } from '../../../../src/domain/events/record.ts';
import { synthesiseGuid } from '../../../../src/domain/events/synthesise-id.ts';
import { readGuid } from '../../../../src/domain/mqtt/msgid.ts';

const LINE = {
  tst: '2024-05-03T09:15:30.251004+0000',
  topic: 'plant/a/temp',
  qos: 1,
  retain: 0,
  payloadlen: 10,
  mid: 12,
  payload: '{"t":21.5}',
};

function decode(line: object | Buffer): Decoded {
  const read = readRecord(Buffer.isBuffer(line) ? line : Buffer.from(JSON.stringify(line)));
  return 'reject' in read ? read : mosquitto.decode(read.record, { node: '' });
}

function message(line: object | Buffer): RecordedMessage {
  const decoded = decode(line);
  if ('event' in decoded && decoded.event.hook === 'message.publish') return decoded.event.message;
  throw new Error(JSON.stringify(decoded));
}

describe('mosquitto recordings', () => {
  it('become publishes of an unseen sender', () => {
    expect(message(LINE)).toEqual({
      guid: expect.stringMatching(/^[\dA-F]{32}$/) as string,
      topic: 'plant/a/temp',
      sender: 'undefined',
      qos: 1,
      retain: false,
      payload: '{"t":21.5}',
      arrivedMs: 1714727730251,
    });
  });

  it.each<[string | number, number, bigint]>([
    [1714727731, 1714727731000, 1714727731000000n],
    ['2024-05-03T09:15:30.250912Z+0000', 1714727730250, 1714727730250912n],
    ['2024-05-03T11:15:30.250912Z+0200', 1714727730250, 1714727730250912n],
    ['2024-05-03T11:15:30.250912+0200', 1714727730250, 1714727730250912n],
    ['2024-05-03T03:45:30.250912-0530', 1714727730250, 1714727730250912n],
    ['2024-05-03T11:15:30+02:00', 1714727730000, 1714727730000000n],
    ['2024-05-03T09:15:30.25Z', 1714727730250, 1714727730250000n],
    ['2024-05-03T09:15:30', 1714727730000, 1714727730000000n],
  ])('tst %s', (tst, arrivedMs, micros) => {
    const { arrivedMs: arrived, guid } = message({ ...LINE, tst });
    expect(arrived).toBe(arrivedMs);
    expect(readGuid(BigInt(`0x${guid}`)).timestampMicros).toBe(micros);
  });

  it.each<[string, object, Partial<RecordedMessage>]>([
    ['a retained one', { ...LINE, retain: 1 }, { retain: true }],
    ['QoS 0 without mid', { ...LINE, qos: 0, mid: undefined }, { qos: 0 }],
    ['an empty payload as null', { ...LINE, payload: null, payloadlen: 0 }, { payload: '' }],
    ['an empty payload as text', { ...LINE, payload: '', payloadlen: 0 }, { payload: '' }],
    ['a payload as JSON (%J)', { ...LINE, payload: { t: 21.5 } }, { payload: '{"t":21.5}' }],
    ['text beyond ASCII', { ...LINE, payload: 'Grüße', payloadlen: 7 }, { payload: 'Grüße' }],
    ['a payload cut at a NUL', { ...LINE, payload: 'ab', payloadlen: 5 }, { payload: 'ab', cut: { recorded: 2, sent: 5 } }],
    [
      'a payload that began with a NUL',
      { ...LINE, payload: null, payloadlen: 5 },
      { payload: '', cut: { recorded: 0, sent: 5 } },
    ],
    ['no payloadlen', { ...LINE, payloadlen: undefined }, { payload: '{"t":21.5}' }],
  ])('%s', (_, line, part) => {
    const decoded = message(line);
    expect(decoded).toMatchObject(part);
    expect(decoded.cut).toEqual(part.cut);
  });

  it('keeps the bytes of a payload that is not UTF-8', () => {
    const line = Buffer.concat([
      Buffer.from(JSON.stringify({ ...LINE, payloadlen: 4, payload: undefined }).replace(/}$/, ',"payload":"S')),
      Buffer.from([0x80, 0xff]),
      Buffer.from('S"}'),
    ]);
    expect(message(line)).toMatchObject({ payload: Buffer.from([0x53, 0x80, 0xff, 0x53]) });
    expect(message(line)).not.toHaveProperty('cut');
  });

  it.each<[object, string, string]>([
    [{ ...LINE, tst: 'yesterday' }, 'field_value', 'tst is not a time'],
    [{ ...LINE, tst: '2024-13-03T09:15:30' }, 'field_value', 'tst is not a time'],
    [{ ...LINE, tst: '1969-12-31T23:59:59' }, 'field_value', 'tst is not a time'],
    [{ ...LINE, tst: -1 }, 'number_range', 'tst is negative'],
    [{ ...LINE, tst: undefined }, 'field_missing', 'tst'],
    [{ ...LINE, tst: true }, 'field_type', 'tst must be a string'],
    [{ ...LINE, topic: undefined }, 'field_missing', 'topic'],
    [{ ...LINE, qos: 7 }, 'field_value', 'qos must be 0, 1 or 2'],
    [{ ...LINE, retain: undefined }, 'field_missing', 'retain'],
    [{ ...LINE, payload: '\ud800' }, 'unpaired_surrogate', 'payload contains an unpaired surrogate'],
  ])('rejects %.60j', (line, reason, detail) => {
    expect(decode(line)).toEqual({ reject: { reason, detail } });
  });
});

const id = (changes: object) => message({ ...LINE, ...changes }).guid;

describe('synthesised ids', () => {
  it('are the same for the same line, and others for any other', () => {
    expect(id({})).toBe(id({}));
    const changes = [
      {},
      { tst: 1714727730 },
      { topic: 'plant/b' },
      { payload: '{"t":21.6}' },
      { qos: 2 },
      { retain: 1 },
      { mid: 13 },
    ];
    expect(new Set(changes.map(id)).size).toBe(changes.length);
  });

  it('stay as they are from release to release', () => {
    expect(id({})).toMatchInlineSnapshot(`"00061789293F84FC3806480DDD6A5ECD"`);
  });

  it('tell bytes from text and one field from the next', () => {
    const base = { timestampMicros: 1n, sender: 'ab', topic: 'c', payload: 'd' };
    const others = [
      base,
      { ...base, sender: 'a', topic: 'bc' },
      { ...base, topic: 'cd', payload: '' },
      { ...base, payload: Buffer.from('e') },
      { ...base, extra: 'd' },
    ];
    expect(new Set(others.map(synthesiseGuid)).size).toBe(others.length);
    expect(synthesiseGuid({ ...base, payload: Buffer.from('d') })).toBe(synthesiseGuid(base));
  });
});
