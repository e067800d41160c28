import { describe, expect, it } from 'vitest';
import { noticesOf } from '../../../../src/domain/events/notices.ts';
import { decodeRecord, formatNamed } from '../../../../src/domain/events/registry.ts';
import { RETAINED_POLICIES, type RetainedPolicy } from '../../../../src/domain/events/retained.ts';
import { fixtureLines } from './fixture-text.ts';

/** A message as mosquitto_sub and as MQTTX record it. */
const received = (retain: boolean, payload: string) => [
  { tst: 1_714_727_731, topic: 't', qos: 1, retain: retain ? 1 : 0, payloadlen: payload.length, payload },
  { topic: 't', payload, packet: { qos: 1, retain }, received_at: 1_714_727_731 },
];
const decode = (fields: Record<string, unknown>, retainedAsOld?: RetainedPolicy, as?: string) =>
  decodeRecord(
    { fields, keepsBytes: false },
    { node: 'n', fallbackMillis: 1, retainedAsOld },
    as === undefined ? undefined : formatNamed(as),
  );

describe('messages that a subscriber was sent because they were retained', () => {
  it.each(received(true, 'up'))('are left out where that is asked for, and only there: %j (fault 27)', (fields) => {
    expect(decode(fields, 'skip').decoded).toEqual({ skip: 'retained' });
    expect(decode(fields, 'store').decoded).toMatchObject({ event: { message: { retain: true, payload: 'up' } } });
    expect(decode(fields)).toEqual(decode(fields, 'store'));
  });

  it.each(received(false, 'up'))('are not those without the flag: %j (fault 27)', (fields) => {
    expect(decode(fields, 'skip')).toEqual(decode(fields, 'store'));
  });

  it.each(received(true, ''))('are not those that clear what is retained, which no broker retains: %j (fault 27)', (fields) => {
    expect(decode(fields, 'skip')).toEqual(decode(fields, 'store'));
    expect(decode(fields, 'skip').decoded).toMatchObject({ event: { message: { retain: true, payload: '' } } });
  });

  it('are also those whose payload the recorder lost (fault 27)', () => {
    const lost = { ...received(true, '')[0]!, payload: null, payloadlen: 5 };
    expect(decode(lost, 'skip').decoded).toEqual({ skip: 'retained' });
  });

  it('are rejects where the record is wrong (fault 27)', () => {
    expect(decode({ ...received(true, 'up')[0]!, qos: 7 }, 'skip').decoded).toHaveProperty('reject');
  });

  it.each(['rule-engine', 'webhook', 'exhook', 'sys'])(
    'are not in %s, where the flag is that of the publisher (fault 27)',
    (format) => {
      for (const line of fixtureLines(format, 'input.jsonl')) {
        const fields = JSON.parse(line) as Record<string, unknown>;
        const [skipped, stored] = RETAINED_POLICIES.toReversed().map((policy) => decode(fields, policy, format).decoded);
        expect(skipped).toEqual(stored);
      }
    },
  );

  it('are mentioned where they come again, which is on a live pipe (fault 27)', () => {
    const NOTICE = 'retained messages arrive again whenever the recorder starts; --retained-as-old skip leaves them out';
    const said = (fields: Record<string, unknown>, live: boolean, policy?: RetainedPolicy) => {
      const { decoded, format } = decode(fields, policy);
      return noticesOf(decoded, format, live);
    };
    for (const fields of received(true, 'up')) {
      expect(said(fields, true)).toEqual([NOTICE]);
      expect(said(fields, false)).toEqual([]);
      expect(said(fields, true, 'skip')).toEqual([]);
    }
    for (const fields of [...received(false, 'up'), ...received(true, '')]) expect(said(fields, true)).toEqual([]);
  });
});
