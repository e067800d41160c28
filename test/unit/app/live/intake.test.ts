import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Intake } from '../../../../src/app/live/intake.ts';
import { replayOptionsOf } from '../../../harness/replay-run.ts';

const NOW = 1_714_727_725_004;
const taken = (body: string | Buffer, options = {}) =>
  new Intake('http', replayOptionsOf(options)).take(Buffer.from(body as string), NOW);
const take = (...args: Parameters<typeof taken>) => taken(...args)!;
const publish = { event: 'message.publish', clientid: 'c', topic: 't', qos: 1, payload: 'x' };

describe('the events of a body', () => {
  it.each([
    [JSON.stringify(publish), 1],
    [JSON.stringify(publish, undefined, 2), 1],
    [` \n${JSON.stringify(publish)}\n`, 1],
    [JSON.stringify([publish, publish, publish]), 3],
    [`${JSON.stringify(publish)}\n${JSON.stringify(publish)}`, 2],
    [`${JSON.stringify(publish)}${JSON.stringify(publish)}`, 2],
    [JSON.stringify([]), 0, 'json_syntax'],
    ['', 0, 'json_syntax'],
    ['42', 0, 'json_syntax'],
    ['hello', 0, 'json_syntax'],
    ['{"event":"message.publish"', 0, 'json_syntax'],
    ['{"event":"client.danced"}', 0, 'unknown_event'],
  ])('of %j', (body, count, reason?: string) => {
    const { read, events, rejects } = take(body);
    expect([read, events.length]).toEqual([Math.max(1, count), count]);
    expect(rejects.map(({ reject }) => reject.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  it('what is no event of an array is a reject, with its own bytes', () => {
    const { read, events, rejects } = take(`[${JSON.stringify(publish)}, {"x":1}, nonsense]`);
    expect([read, events.length]).toEqual([3, 1]);
    expect(rejects.map(({ line, reject }) => [line.number, line.bytes.toString(), reject.reason])).toEqual([
      [2, '{"x":1}', 'unknown_event'],
      [3, 'nonsense]', 'json_syntax'],
    ]);
  });

  it('records without a time get that of their arrival', () => {
    const bare = [
      { event: 'client.connected', clientid: 'c' },
      { event: 'client.disconnected', clientid: 'c' },
      { action: 'client_connected', clientid: 'c' },
      publish,
      // wrapped by a recorder or a hook
      { topic: '$events/client_connected', payload: '{"clientid":"c"}' },
      { topic: '$SYS/brokers/n/clients/c/connected', payload: '{}' },
      { message: { node: 'n', qos: 1, from: 'c', topic: 't', payload: 'VQ==' } },
    ];
    const times = take(JSON.stringify(bare)).events.map(({ decoded: { decoded } }) => {
      if (!('event' in decoded)) return decoded;
      const { event } = decoded;
      if (event.hook === 'client.connected') return event.onlineAtMs;
      if (event.hook === 'client.disconnected') return event.offlineAtMs;
      return event.hook === 'message.publish' ? event.message.arrivedMs : undefined;
    });
    expect(times).toEqual(bare.map(() => NOW));
  });

  it('an ack without a time leads to no message, and is rejected', () => {
    const ack = { action: 'message_acked', clientid: 'c', from_client_id: 'p', topic: 't', payload: 'x', qos: 1, retain: false };
    expect(take(JSON.stringify(ack)).rejects.map(({ reject }) => reject)).toEqual([{ reason: 'field_missing', detail: 'ts' }]);
  });

  it('events of other topics and of kinds without an effect are skipped', () => {
    const body = [publish, { ...publish, topic: 'other' }, { event: 'message.delivered', clientid: 'c' }];
    const { read, events, skipped } = take(JSON.stringify(body), { topic: 't' });
    expect([read, events.length, skipped]).toEqual([3, 1, 2]);
  });

  it('more of them than a body may hold are refused as a whole', () => {
    expect(taken('{}'.repeat(10_000))?.read).toBe(10_000);
    expect(taken('{}'.repeat(10_001))).toBeUndefined();
  });

  it('any bytes come out as so many records, none of them lost', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { read, events, skipped, rejects } = take(Buffer.from(bytes));
        expect(read).toBeGreaterThan(0);
        expect(events.length + skipped + rejects.length).toBe(read);
      }),
    );
  });
});
