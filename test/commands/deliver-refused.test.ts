import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { at, deliverBench, expectEnd, sub, waiting, type DeliverBench } from '../harness/deliver-run.ts';
import { fakeBroker, type Answers, type FakeBroker } from '../harness/fake-broker.ts';

let bench: DeliverBench;
let broker: FakeBroker;
beforeAll(async () => {
  bench = await deliverBench();
});
afterAll(() => bench.close());
afterEach(() => broker.close());

const begin = async (answers: Answers) => {
  broker = await fakeBroker(answers);
};
const payloads = () => broker.got.map(({ payload }) => payload);
const numbered = (topic: string, numbers: readonly number[]) => numbers.map((number) => `${topic} ${number}`);

describe('deliver, a message that the broker does not take', () => {
  it('that ends the connection holds nothing else up once it is known', async () => {
    await bench.restock(waiting({ t: 5, u: 2 }));
    await begin({ publish: ({ payload }) => (String(payload) === 't 2' ? 'end' : 0) });
    expectEnd(await bench.run(broker.url, ['--pending']), 5, '--resume');
    const second = expectEnd(await bench.run(broker.url, ['--pending', '--resume']), 3);
    const refused = { reason: 'refused_by_broker', count: 1, examples: [`t ${at(20)}: it ended the connection`] };
    expect(second.items).toEqual([refused]);
    expect(new Set(payloads())).toEqual(new Set([...numbered('t', [0, 1, 3, 4]), ...numbered('u', [0, 1])]));
    const before = broker.got.length;
    expect(expectEnd(await bench.run(broker.url, ['--pending', '--resume']), 3).items).toEqual([refused]);
    expect(broker.got.length).toBe(before);
  });

  it('for now: what comes behind it in its topic waits for it, so that the order stays', async () => {
    await bench.restock(waiting({ t: 5, u: 2 }));
    let refusals = 0;
    await begin({
      connack: { receiveMaximum: 1 },
      publish: ({ payload }) => (String(payload) === 't 2' && (refusals += 1) === 1 ? 151 : 0),
    });
    const first = await bench.run(broker.url, ['--pending']);
    expect(expectEnd(first, 3, 'run it with --resume: 4 are acknowledged already').items).toMatchObject([
      { reason: 'held_back', count: 2, examples: [`t ${at(30)}`, `t ${at(40)}`] },
      { reason: 'refused_by_broker', count: 1 },
    ]);
    expectEnd(await bench.run(broker.url, ['--pending']), 11, 'E_UNFINISHED');
    const second = expectEnd(await bench.run(broker.url, ['--pending', '--resume']), 0);
    expect([second['unknown'], second['acknowledgedBefore']]).toEqual([0, 4]);
    expect(payloads().filter((text) => text.startsWith('t'))).toEqual(numbered('t', [0, 1, 2, 3, 4]));
    expect(payloads().filter((text) => text.startsWith('u'))).toEqual(numbered('u', [0, 1]));
  });

  it('for now, while others of its topic are under way: it is told that they go ahead', async () => {
    await bench.restock(waiting({ t: 3 }));
    let refusals = 0;
    await begin({ publish: ({ payload }) => (String(payload) === 't 1' && (refusals += 1) === 1 ? 128 : 0) });
    expectEnd(await bench.run(broker.url, ['--pending']), 3, 'warning: 1 went ahead of an earlier one of the topic');
    expectEnd(await bench.run(broker.url, ['--pending', '--resume']), 0);
    expect(payloads()).toEqual(numbered('t', [0, 2, 1]));
  });

  it('for itself: the others of its topic go on', async () => {
    await bench.restock(waiting({ t: 3 }));
    await begin({ connack: { receiveMaximum: 1 }, publish: ({ payload }) => (String(payload) === 't 1' ? 153 : 0) });
    expect(expectEnd(await bench.run(broker.url, ['--pending']), 3).items).toMatchObject([{ reason: 'refused_by_broker' }]);
    expect(payloads()).toEqual(numbered('t', [0, 2]));
  });
});

describe('deliver, a client that the broker does not take', () => {
  it('is named, and the others have their sessions; it is tried again', async () => {
    await bench.restock({ ...waiting({ t: 1 }), mqtt_sub: [sub('a', 't'), sub('bad', 't'), sub('c', 't')] });
    await begin({ connect: (clientId) => (clientId === 'bad' ? 135 : 0) });
    const args = ['--pending', '--pre-create-sessions', '--assume-offline'];
    const first = expectEnd(await bench.run(broker.url, args), 3);
    expect(first).toMatchObject({
      items: [{ reason: 'session_refused', count: 1, examples: ['bad'] }],
      sessions: 2,
      acknowledged: 1,
    });
    broker.answers.connect = () => 0;
    expect(expectEnd(await bench.run(broker.url, [...args, '--resume']), 0)['sessions']).toBe(1);
  });

  it('because it is not available: it stops, names the client, and notes the sessions that it made', async () => {
    await bench.restock({ ...waiting({ t: 1 }), mqtt_sub: [sub('a', 't'), sub('busy', 't'), sub('c', 't')] });
    await begin({ connect: (clientId) => (clientId === 'busy' ? 137 : 0) });
    const args = ['--pending', '--pre-create-sessions', '--assume-offline'];
    expectEnd(await bench.run(broker.url, args), 5, 'as busy');
    const made = broker.connects.map(({ clientId }) => clientId).filter((id) => id === 'a' || id === 'c');
    expect(made.length).toBeGreaterThan(0);
    for (const id of made) expect(readFileSync(bench.journal, 'utf8')).toContain(`"${id}"`);
  });

  it('a subscription with a lower QoS is told', async () => {
    await bench.restock({ ...waiting({ t: 1 }), mqtt_sub: [sub('a', 't'), sub('a', 'none', 0)] });
    await begin({ grant: () => 0 });
    const args = ['--pending', '--pre-create-sessions', '--assume-offline'];
    expect(expectEnd(await bench.run(broker.url, args), 3).items).toEqual([
      { reason: 'subscription_lowered', count: 1, examples: ['a t'] },
    ]);
  });
});

describe('deliver, sessions', () => {
  it('are kept as long as the broker has them, unless a time is named', async () => {
    await bench.restock({ ...waiting({ t: 1 }), mqtt_sub: [sub('a', 't')] });
    await begin({ sessionPresent: true });
    const args = ['--pending', '--pre-create-sessions', '--assume-offline'];
    const first = await bench.run(broker.url, args);
    expect(first.stderr).not.toContain('--session-expiry');
    const second = await bench.run(broker.url, [...args, '--session-expiry', '1h']);
    expect(second.stderr).toContain('warning: --session-expiry replaced that of 1 session there');
    const asked = broker.connects.filter(({ clientId }) => clientId === 'a');
    expect(asked.map(({ properties }) => properties?.sessionExpiryInterval)).toEqual([0xffff_ffff, 3_600]);
  });
});
