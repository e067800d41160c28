import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { n, s } from '../../src/domain/item.ts';
import { at, deliverBench, expectEnd, sub, waiting, type DeliverBench } from '../harness/deliver-run.ts';
import { fakeBroker, type Answers, type FakeBroker } from '../harness/fake-broker.ts';
import { message } from '../harness/purge-run.ts';

let bench: DeliverBench;
let broker: FakeBroker;
beforeAll(async () => {
  bench = await deliverBench();
});
afterAll(() => bench.close());
afterEach(() => broker.close());

const begin = async (answers: Answers = {}) => {
  broker = await fakeBroker(answers);
};
const ack = ['--pending', '--ack'];

describe('deliver --ack leaves in the tables', () => {
  it.each([1, 2])('what no stored subscription matches, with QoS %i', async (qos) => {
    await bench.restock({ ...waiting({ t: 1, 'u/1': 1 }, { qos: n(qos) }), mqtt_sub: [sub('a', 'u/+'), sub('b', 't', 0)] });
    await begin();
    const result = expectEnd(await bench.run(broker.url, ack), 3, 'warning: a broker may acknowledge a message although nobody');
    expect(result).toMatchObject({
      items: [{ reason: 'no_subscriber', count: 1, examples: [`t ${at(0)}`] }],
      acknowledged: 2,
      acked: 1,
    });
    expect(await bench.left()).toEqual(['t']);
    // what the broker has already is not sent again
    expect(expectEnd(await bench.run(broker.url, [...ack, '--resume']), 3)).toMatchObject({ published: 0, acked: 0 });
    expect(await bench.left()).toEqual(['t']);
  });

  it('what went with QoS 0, which nobody acknowledges', async () => {
    await bench.restock({ ...waiting({ t: 2 }), mqtt_sub: [sub('a', 't')] });
    await begin({ connack: { maximumQoS: 0 } });
    const result = expectEnd(await bench.run(broker.url, ack), 0, '2 stay in the tables although they were acknowledged');
    expect([result['acked'], await bench.left()]).toEqual([0, ['t', 't']]);
  });

  it('what the broker has as the retained message alone, also when it is continued', async () => {
    await bench.restock({
      ...waiting({ t: 1 }, { retain: n(1) }),
      mqtt_retain: [message(at(0), 't', { retain: n(1), payload: s('t 0') })],
      mqtt_sub: [sub('a', 't')],
    });
    await begin({ publish: () => 16 });
    const args = [...ack, '--retained'];
    const result = expectEnd(await bench.run(broker.url, args), 0, '1 stay in the tables');
    expect(result).toMatchObject({ acknowledged: 1, retained: 1, acked: 0 });
    expect(expectEnd(await bench.run(broker.url, [...args, '--resume']), 0)).toMatchObject({ published: 0, acked: 0 });
    expect(await bench.left()).toEqual(['t']);
  });

  it('nothing else: what was acknowledged without --ack leaves the tables with it', async () => {
    await bench.restock({ ...waiting({ t: 3 }), mqtt_sub: [sub('a', 't')] });
    await begin();
    expectEnd(await bench.run(broker.url, ['--pending']), 0);
    expect(expectEnd(await bench.run(broker.url, [...ack, '--resume']), 0)).toMatchObject({ published: 0, acked: 3 });
    expect([await bench.left(), broker.got.length]).toEqual([[], 3]);
  });
});

describe('deliver, more than a broker queues for one client', () => {
  const says = 'at most 1,001 messages wait for one client; mosquitto and EMQX keep 1,000 unless configured otherwise';

  it.each([[['--ack']], [['--pre-create-sessions', '--assume-offline']], [['--dry-run']]])(
    '%j says so',
    async (args) => {
      await bench.restock({
        ...waiting({ t: 600, 'u/1': 401, v: 300 }),
        mqtt_sub: [sub('a', 't'), sub('a', 'u/#'), sub('b', 'v')],
      });
      await begin();
      expect((await bench.run(broker.url, ['--pending', ...args])).stderr).toContain(says);
    },
    30_000,
  );

  it('and nothing where they fit', async () => {
    await bench.restock({ ...waiting({ t: 1_000, v: 300 }), mqtt_sub: [sub('a', 't'), sub('b', 'v'), sub('c', 't', 0)] });
    await begin();
    const { stderr } = await bench.run(broker.url, ['--pending', '--ack']);
    expect(stderr).not.toContain('at most');
    expect(stderr).toContain('1,300 messages acknowledged: 1,300 pending, 0 retained');
  }, 30_000);
});

describe('deliver, once more', () => {
  it('says what goes again', async () => {
    await bench.restock(waiting({ t: 2 }));
    await begin();
    expectEnd(await bench.run(broker.url, ['--pending']), 0);
    expectEnd(await bench.run(broker.url, ['--pending']), 0, '2 messages of the run before go again');
    const other = await bench.run(broker.url, ['--pending', '--retained']);
    expect(other.stderr).not.toContain('go again');
  });

  it('with --rate notes every second what was acknowledged', async () => {
    await bench.restock(waiting({ t: 40 }));
    await begin({ connack: { receiveMaximum: 30 } });
    let stopped = 0;
    const onSignal = (listener: (signal: 'SIGINT' | 'SIGTERM') => void) => {
      const timer = setInterval(() => {
        if (broker.got.length < 12) return;
        clearInterval(timer);
        stopped = broker.got.length;
        listener('SIGINT');
      }, 2);
      return () => clearInterval(timer);
    };
    await bench.run(broker.url, ['--pending', '--rate', '10'], { onSignal });
    expect(stopped).toBeLessThan(30);
    const groups = readFileSync(bench.journal, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"sent"'));
    expect(groups.map((line) => (JSON.parse(line) as { sent: unknown[] }).sent.length)[0]).toBe(10);
  });
});
