import { describe, expect, it } from 'vitest';
import { timeOf } from '../../../../src/domain/events/facets.ts';
import { noticesOf } from '../../../../src/domain/events/notices.ts';
import { decodeRecord } from '../../../../src/domain/events/registry.ts';

const NOW = 1_795_336_650_123;
const decode = (fields: Record<string, unknown>) =>
  decodeRecord({ fields, keepsBytes: false }, { node: 'n', fallbackMillis: NOW });
const noticesFor = (fields: Record<string, unknown>, live: boolean) => {
  const { decoded, format } = decode(fields);
  return noticesOf(decoded, format, live);
};

const MQTTX = { topic: 't', payload: 'x', packet: { qos: 1, retain: false } };
const UNTIMED: [string, Record<string, unknown>][] = [
  ['MQTTX', MQTTX],
  ['an ExHook connect', { clientinfo: { clientid: 'c' } }],
  ['an ExHook disconnect', { clientinfo: { clientid: 'c' }, reason: 'normal' }],
  ['a disconnect of an old webhook', { action: 'client_disconnected', clientid: 'c', reason: 'normal' }],
  ['a connect of an old webhook', { action: 'client_connected', client_id: 'c' }],
];

describe('a record without a time', () => {
  it.each(UNTIMED)('of %s gets the one that stands for it, which is said (fault 24)', (_, fields) => {
    const { decoded } = decode(fields);
    expect('event' in decoded && timeOf(decoded.event)).toBe(NOW);
    expect(noticesFor(fields, true)).toContain('records without a time get the time at which they are read');
    expect(noticesFor(fields, false)).toContain("records without a time get the time of the recording's file");
  });

  it.each(UNTIMED)('of %s keeps what its recorder told, and nothing is said (fault 24)', (_, fields) => {
    const told = { ...fields, received_at: '2024-05-03T09:15:30.250Z' };
    const { decoded } = decode(told);
    expect('event' in decoded && timeOf(decoded.event)).toBe(1_714_727_730_250);
    expect(noticesFor(told, true).filter((notice) => notice.includes('without a time'))).toEqual([]);
  });

  it('is the only one that is mentioned', () => {
    expect(noticesFor({ tst: 1, topic: 't', qos: 1, retain: 0, payload: 'x' }, true)).toEqual([]);
    expect(noticesFor({ action: 'client_disconnected', clientid: 'c', disconnected_at: NOW }, true)).toEqual([]);
    expect(noticesFor({ action: 'client_connack', clientid: 'c' }, true)).toEqual([]);
    expect(noticesFor({ action: 'client_disconnected' }, true)).toEqual([]);
  });
});
