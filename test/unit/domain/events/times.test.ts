import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf } from '../../../../src/domain/events/facets.ts';
import { decodeRecord } from '../../../../src/domain/events/registry.ts';

/** Events of every format that tells a time as a number, all with the same one. */
const recordsAt = (time: number | string): Record<string, unknown>[] => {
  const message = { topic: 't', qos: 1, payload: 'x' };
  const received = { topic: 't', payload: 'x', packet: { qos: 1 } };
  const presence = (change: string, body: object) => ({
    topic: `$SYS/brokers/n/clients/c/${change}`,
    payload: JSON.stringify({ clientid: 'c', ...body }),
  });
  return [
    { event: 'message.publish', ...message, clientid: 'c', publish_received_at: time },
    { event: 'message.publish', ...message, clientid: 'c', timestamp: time },
    { event: 'client.connected', clientid: 'c', connected_at: time },
    { event: 'client.disconnected', clientid: 'c', timestamp: time },
    { action: 'message_publish', ...message, retain: false, from_client_id: 'c', ts: time },
    { action: 'client_connected', clientid: 'c', connected_at: time },
    { action: 'client_disconnected', clientid: 'c', disconnected_at: time },
    { message: { topic: 't', qos: 1, from: 'c', payload: 'eA==', timestamp: time } },
    { clientinfo: { clientid: 'c' }, received_at: time },
    { ...received, received_at: time },
    presence('connected', { connected_at: time }),
    presence('disconnected', { ts: time }),
  ];
};

function millisIn(fields: Record<string, unknown>): unknown {
  const { decoded } = decodeRecord({ fields, keepsBytes: false }, { node: 'n' });
  return 'event' in decoded ? timeOf(decoded.event) : decoded;
}

describe('a time is read by its size, whatever format it is in', () => {
  it.each([
    [1_714_727_730, 1_714_727_730_000],
    [1_714_727_730_250, 1_714_727_730_250],
    [1_714_727_730_250_999, 1_714_727_730_250],
    ['1714727730', 1_714_727_730_000],
    [0, 0],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    [99_999_999_999_999, 99_999_999_999_999],
    [100_000_000_000_000, 100_000_000_000],
  ])('%s is %d ms', (time, millis) => {
    expect(recordsAt(time).map(millisIn)).toEqual(recordsAt(time).map(() => millis));
  });

  it('of 1973 to 2255 the unit never matters, which is as far as a double counts microseconds (fault 34)', () => {
    const moment = fc.integer({ min: 100_000_000, max: 9_007_199_254 });
    fc.assert(
      fc.property(moment, (seconds) => {
        for (const time of [seconds, seconds * 1e3, seconds * 1e6]) {
          expect(recordsAt(time).map(millisIn)).toEqual(recordsAt(time).map(() => seconds * 1_000));
        }
      }),
    );
  });

  it('ties an ack to its publish by the same time (fault 34)', () => {
    const message = { topic: 't', qos: 1, payload: 'x', publish_received_at: 1_714_727_730 };
    const guid = (fields: Record<string, unknown>) => {
      const { decoded } = decodeRecord({ fields, keepsBytes: false }, { node: 'n' });
      if (!('event' in decoded)) return decoded;
      return 'guid' in decoded.event ? decoded.event.guid : 'message' in decoded.event && decoded.event.message.guid;
    };
    const publish = guid({ event: 'message.publish', clientid: 'c', ...message });
    expect(publish).toMatch(/^000617892/);
    expect(guid({ event: 'message.acked', clientid: 'd', from_clientid: 'c', ...message })).toBe(publish);
  });
});
