import { describe, expect, it } from 'vitest';
import Subscribe from '../../src/commands/subscribe.ts';
import { encodeMsgid } from '../../src/domain/mqtt/msgid.ts';
import { among, dataSuite, GOOD, line, linesOf, odd } from '../harness/data-suite.ts';
import { scanAll } from '../harness/memory-engine.ts';
import { ack, messageIdOf, publish } from '../harness/replay-fixture.ts';
import { runCommand } from '../harness/run-command.ts';
import { comparableRows, ReferenceModel, type RuleEvent } from '../model/reference-model.ts';

const { open, replay, expectRejected, expectApplied } = dataSuite();

describe('what a record says', () => {
  describe('D12 an item at its limit of 409,600 bytes', () => {
    const withPayload = (bytes: number) => odd({ payload: 'x'.repeat(bytes) });
    const names = 'msgidtopicsenderqosretainpayloadarrived'.length;
    const fixed = names + 47 + 3 + 3 + 2 + 1 + 6; // qos 1, retain 0, arrived of ten digits
    const size = (payload: number) => fixed + payload;
    it('and one byte over it: item_too_large, no id in the map, neighbours written', async () => {
      const most = 409_600 - size(0);
      const { code } = await replay(among(Buffer.concat([line(withPayload(most)), line(publish(9_001, { topic: 'after' }))])));
      expect(code).toBe(0);
      const { fixture } = await expectRejected(line(withPayload(most + 1)), 'item_too_large', /409,601 > 409,600/);
      const map = comparableRows('mqtt_topic_msg_map', await scanAll(fixture.direct, `${fixture.prefix}mqtt_topic_msg_map`));
      expect(map.filter((row) => row.includes('"odd"'))).toEqual([]);
    });
  });

  it.each([
    ['a topic of 2,049 bytes', odd({ topic: 'ü'.repeat(1_024) + 'x' }), /mqtt_topic_msg_map\.topic 2,049 > 2,048/],
    ['a retained topic of 2,049 bytes', odd({ topic: 'x'.repeat(2_049), qos: 0, flags: { retain: true } }), /mqtt_retain\.topic/],
    ['a client id of 1,025 bytes in an ack', ack(1, { clientid: 'x'.repeat(1_025) }), /mqtt_acked\.clientid 1,025 > 1,024/],
    [
      'a client id of 2,049 bytes',
      { event: 'client.connected', clientid: 'x'.repeat(2_049), timestamp: 1 },
      /mqtt_client\.clientid 2,049 > 2,048/,
    ],
  ] as [string, RuleEvent, RegExp][])('D13 %s: key_too_long', async (_, event, detail) => {
    await expectRejected(line(event), 'key_too_long', detail);
  });

  it.each([
    ['c', 'x'.repeat(1_025), 'the topic filter has 1025 bytes; mqtt_sub allows 1024'],
    ['x'.repeat(2_049), 't', 'the client id has 2049 bytes; mqtt_sub allows 2048'],
  ])('D13 a subscription with a key that is too long (%#): refused, nothing written', async (clientid, filter, why) => {
    const fixture = await open('');
    const { code, stderr } = await runCommand(Subscribe, [clientid, filter, ...fixture.target]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why) as string]);
    expect(await fixture.rows()).toEqual([]);
  });

  it('D13 keys at their limits: exit 0', async () => {
    const event = ack(1, { clientid: 'x'.repeat(1_024), topic: 'y'.repeat(2_048) });
    await expectApplied(line(event), event);
  });

  it.each([
    ['client id', { event: 'client.connected', clientid: '', timestamp: 1 }],
    ['topic', odd({ topic: '' })],
  ] as [string, RuleEvent][])('D14 an empty %s: key_empty', async (_, event) => {
    await expectRejected(line(event), 'key_empty');
  });

  it('D15 no message id: one is made from the content, the same for the same line', async () => {
    const { id: _, ...without } = odd();
    const { code, fixture } = await replay(among(Buffer.concat([line(without), line(without)])));
    expect(code).toBe(0);
    const stored = await scanAll(fixture.direct, `${fixture.prefix}mqtt_msg`);
    expect(stored.filter((item) => 'S' in item['topic']! && item['topic'].S === 'odd')).toHaveLength(1);
  });

  it('D15 a message id of another type: field_type', () => expectRejected(line({ ...odd(), id: 7 }), 'field_type', /id/));

  it('D16 the same message twice: exit 0', async () => {
    const ended = await expectApplied(Buffer.concat([line(odd()), line(odd())]), odd());
    expect(ended.result?.overwritten).toBe(0);
  });

  it('D17 the same message id with other content: the last one wins and is counted', async () => {
    const both = [odd(), odd({ payload: 'other' })];
    const { code, result, fixture } = await replay(linesOf([...GOOD, ...both]));
    expect([code, result?.overwritten]).toEqual([0, 1]);
    await fixture.expectEqual([...GOOD, ...both]);
  });

  it('D17 the same with --strict: msgid_conflict', async () => {
    const both = [odd(), odd({ payload: 'other' })];
    const { code, fixture } = await replay(linesOf([...GOOD, ...both]), { strict: true });
    expect(code).toBe(3);
    expect(fixture.recording.rejected()).toMatchObject([{ line: GOOD.length + 2, reason: 'msgid_conflict' }]);
    await fixture.expectEqual([...GOOD, both[0]!]);
  });

  it('D17 with --strict and --shard: what is a conflict is one on every shard', async () => {
    const retained = { flags: { retain: true } };
    const events = ['one', 'two', 'three'].map((payload) => odd({ ...retained, payload, topic: `odd/${payload}` }));
    const fixture = await open(events);
    for (const index of [1, 2, 3]) {
      await fixture.replay({ strict: true, shard: { index, count: 3 }, window: { events: 20, bytes: 1 << 20 } });
    }
    await fixture.expectEqual(events.slice(0, 1));
  });

  it.each([
    ['every event twice', (events: readonly RuleEvent[]) => events.flatMap((event) => [event, event])],
    ['the whole file twice', (events: readonly RuleEvent[]) => [...events, ...events]],
  ])('D18 %s: exit 0, equal to one copy', async (_, twice) => {
    const { code, result, fixture } = await replay(linesOf(twice(GOOD)));
    expect([code, result?.read, result?.rejected]).toEqual([0, 2 * GOOD.length, 0]);
    await fixture.expectEqual(GOOD);
  });

  it('D19 out of order: file order decides', async () => {
    const log: RuleEvent[] = [
      { event: 'client.disconnected', clientid: 'c', reason: 'normal', timestamp: 1_714_727_730_000 },
      ack(1),
      publish(1),
      ack(2),
      { event: 'client.connected', clientid: 'c', node: 'n', timestamp: 1_714_727_720_000 },
    ];
    const { code, result, fixture } = await replay(linesOf(log));
    expect(code).toBe(0);
    expect(result?.outOfOrder).toBeGreaterThan(0);
    await fixture.expectEqual(log);
  });

  it('D20 a known hook without a table: skipped', async () => {
    const delivered = { ...odd(), event: 'message.delivered' };
    const { code, result, fixture } = await replay(linesOf([delivered, ...GOOD]));
    expect(code).toBe(0);
    expect(result?.skipped).toBeGreaterThan(0);
    await fixture.expectEqual(GOOD);
  });

  it('D21 an unknown event: unknown_event, or skipped with --ignore-unknown', async () => {
    const unknown = line({ event: 'client.danced', clientid: 'c' });
    await expectRejected(unknown, 'unknown_event', /client\.danced/);
    const { code, fixture } = await replay(among(unknown), { ignoreUnknown: true });
    expect(code).toBe(0);
    await fixture.expectEqual(GOOD);
  });

  it('D28 a topic set that fills up: the same ids fit as one at a time, whatever fails on the way, and the message is kept', async () => {
    // topic and ids together come to 409,600 bytes at 8,714 ids
    const topic = 'testtopic';
    const row = {
      topic: { S: topic },
      MsgId: { SS: Array.from({ length: 8_711 }, (_, index) => String(index).padStart(47, 'M')) },
    };
    const log = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => publish(index, { topic, payload: '' }));
    // ids removed after the set was full make room for later ids only
    log.splice(6, 0, ack(1, { topic }), ack(20, { topic }));
    const fixture = await open(log, {
      plan: ({ index, operation }) =>
        operation === 'UpdateItem' && index % 3 === 0 ? { kind: 'error', name: 'InternalServerError', status: 500 } : undefined,
    });
    await fixture.direct.call('BatchWriteItem', {
      RequestItems: { [`${fixture.prefix}mqtt_topic_msg_map`]: [{ PutRequest: { Item: row } }] },
    });
    const { code, result } = await fixture.replay({ window: { events: 20_000, bytes: 64 << 20 } });
    const model = new ReferenceModel();
    model.tables.mqtt_topic_msg_map.set(JSON.stringify([topic]), row);
    model.applyAll(log);
    expect(model.full).toEqual([3, 4, 5, 9]);
    expect([code, result?.rejected]).toEqual([3, model.full.length]);
    expect(fixture.recording.rejected().map((reject) => reject.line - 1)).toEqual(model.full);
    for (const reject of fixture.recording.rejected()) {
      expect(reject).toMatchObject({ reason: 'topic_set_full', table: 'mqtt_topic_msg_map', applied: ['mqtt_msg'] });
    }
    expect(await fixture.rows()).toEqual(model.rows());
  });

  it('D28 the reject of a full set has no byte-order mark, so that it can be replayed', async () => {
    const topic = 'testtopic';
    const event = publish(0, { topic });
    const fixture = await open(`\ufeff${JSON.stringify(event)}\r\n`);
    const set = { SS: Array.from({ length: 8_714 }, (_, index) => String(index).padStart(47, 'M')) };
    await fixture.direct.call('BatchWriteItem', {
      RequestItems: { [`${fixture.prefix}mqtt_topic_msg_map`]: [{ PutRequest: { Item: { topic: { S: topic }, MsgId: set } } }] },
    });
    expect((await fixture.replay()).code).toBe(3);
    expect(fixture.recording.rejected()).toMatchObject([{ reason: 'topic_set_full', raw: JSON.stringify(event) }]);
  });

  it('names ids as the tables do', () => {
    expect(encodeMsgid(BigInt(`0x${messageIdOf(1)}`))).toHaveLength(47);
  });
});
