import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { deliver } from '../../src/app/live/deliver.ts';
import type { DeliverOptions } from '../../src/app/live/deliver-options.ts';
import { DEFAULT_RULES } from '../../src/domain/hooks/rules.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { deliverBench, NOW, sub, waiting, type DeliverBench } from '../harness/deliver-run.ts';
import { fakeBroker, type FakeBroker } from '../harness/fake-broker.ts';

let bench: DeliverBench;
let broker: FakeBroker;
beforeAll(async () => {
  bench = await deliverBench();
});
afterAll(() => bench.close());
afterEach(() => broker.close());

function options(dynamo: Dynamo, resume: boolean, signal = new AbortController().signal): DeliverOptions {
  const address = { host: '127.0.0.1', port: Number(new URL(broker.url).port), tls: undefined };
  const who = { username: undefined, password: undefined, clientId: 'mqdyn', cleanStart: true };
  return {
    ...{ dynamo, liveName: (table: string) => table, signal, now: () => NOW },
    ...{ notice: () => undefined, progress: () => undefined },
    choice: { retained: false, pending: true, selection: { kind: 'all' }, clients: undefined, rules: DEFAULT_RULES },
    broker: { address, label: broker.url, protocol: 5, ...who },
    ...{ ownClientId: undefined, sessions: undefined, rate: undefined, maxPayload: undefined, ack: false },
    ...{ journal: bench.journal, resume },
  };
}

/** A connection on which something happens before the n-th read of messages. */
function atRead(dynamo: Dynamo, read: number, happens: () => Promise<void>): Dynamo {
  let reads = 0;
  const call: Dynamo['call'] = (operation, input, signal) => dynamo.call(operation, input, signal);
  // messages are read through the document client, a group a call
  const use: Dynamo['use'] = async (work, signal) => {
    if (work.toString().includes('documentsOf') && (reads += 1) === read) await happens();
    return dynamo.use(work, signal);
  };
  return { options: dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
}

const sent = async (count: number) => {
  while (broker.got.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('V7 a read that fails behind a group loses none of its acknowledgements, and the way on is told', async () => {
  await bench.restock(waiting({ t: 150 }));
  broker = await fakeBroker();
  const failing = atRead(bench.dynamo, 2, async () => {
    await sent(64);
    throw new MqdynError('E_NO_TABLE', 'the table is gone');
  });
  const fault: unknown = await deliver(options(failing, false)).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'E_NO_TABLE', hint: expect.stringContaining('--resume') });
  expect(await deliver(options(bench.dynamo, true))).toMatchObject({ unknown: 0, before: 64, unsent: [] });
  expect(broker.got.length).toBe(150);
});

it('V7 the same while acks of clients are read: what is acknowledged leaves the tables once it is continued', async () => {
  await bench.restock({ ...waiting({ t: 20 }), mqtt_sub: [sub('a', 't')] });
  broker = await fakeBroker();
  const call: Dynamo['call'] = (operation, input, signal) => {
    if (operation === 'GetItem' && JSON.stringify(input).includes('mqtt_acked')) throw new MqdynError('E_DENIED', 'not allowed');
    return bench.dynamo.call(operation, input, signal);
  };
  const use: Dynamo['use'] = (work, signal) => bench.dynamo.use(work, signal);
  const denied = { options: bench.dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
  const acking = (dynamo: Dynamo, resume: boolean): DeliverOptions => {
    const { choice, ...rest } = options(dynamo, resume);
    return { ...rest, choice: { ...choice, clients: ['a'] }, ack: true };
  };
  await expect(deliver(acking(denied, false))).rejects.toMatchObject({ hint: expect.stringContaining('--resume') });
  expect(await deliver(acking(bench.dynamo, true))).toMatchObject({ published: 0, before: 20, acked: 20, unsent: [] });
  expect([broker.got.length, await bench.left()]).toEqual([20, []]);
});

it('V8 a stop while the next group is read loses none either', async () => {
  await bench.restock(waiting({ t: 150 }));
  broker = await fakeBroker();
  const stop = new AbortController();
  const stopping = atRead(bench.dynamo, 2, async () => {
    await sent(64);
    // until that group is done with
    await new Promise((resolve) => setTimeout(resolve, 200));
    stop.abort(new Error('stopped'));
  });
  await expect(deliver(options(stopping, false, stop.signal))).rejects.toThrow();
  expect(await deliver(options(bench.dynamo, true))).toMatchObject({ unknown: 0, before: 64 });
  expect(broker.got.length).toBe(150);
});

it('V9 what is unknown stays so when the run that continues is stopped itself', async () => {
  await bench.restock(waiting({ t: 10 }));
  broker = await fakeBroker({ publish: ({ payload }) => (String(payload) === 't 3' ? 'end' : 0) });
  await expect(deliver(options(bench.dynamo, false))).rejects.toThrow(/connection was lost/);
  // stopped while the second of the unknown ones waits for its turn
  const stop = new AbortController();
  broker.answers.publish = () => {
    setTimeout(() => stop.abort(new Error('stopped')), 200);
    return 0;
  };
  await expect(deliver({ ...options(bench.dynamo, true, stop.signal), rate: 1 })).rejects.toThrow();
  broker.answers.publish = () => 0;
  const before = broker.got.length;
  const last = await deliver(options(bench.dynamo, true));
  expect([last.unknown, last.unsent, broker.got.length - before]).toEqual([last.acknowledged, [], last.acknowledged]);
  expect(last.unknown).toBeGreaterThan(5);
});
