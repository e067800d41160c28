import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Deliver from '../../src/commands/deliver.ts';
import { n, s, textOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { cuttingProxy, startBroker, subscriber, type CuttingProxy, type Received, type TestBroker } from '../harness/broker.ts';
import { start } from '../harness/built.ts';
import { refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message } from '../harness/purge-run.ts';
import { ROOT, runCommand, temporaryFolder } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const RUNS = Number(process.env['MQDYN_TEST_CUTS'] ?? 12);
const PRELOAD = ['--import', pathToFileURL(join(ROOT, 'test/harness/kill-at.js')).href];

/** More than two groups of 64, over five topics, two of them with QoS 2. */
const all = Array.from({ length: 150 }, (_, index): Item => {
  const id = idAt(NOW - DAY + index * 7, BigInt(index));
  return message(id, `t/${index % 5}`, { qos: n(index % 5 < 2 ? 2 : 1), payload: s(id) });
});
const idsOf = (topic: string) => all.filter((item) => textOf(item, 'topic') === topic).map((item) => textOf(item, 'msgid')!);
const topics = [0, 1, 2, 3, 4].map((topic) => `t/${topic}`);
const rows = {
  mqtt_msg: all,
  mqtt_topic_msg_map: topics.map((topic) => ({ topic: s(topic), MsgId: { SS: idsOf(topic).toReversed() } })),
  mqtt_retain: [message(idAt(NOW), 'kept', { qos: n(0), retain: n(1), payload: s('kept') })],
  mqtt_sub: topics.map((topic, index) => ({ clientid: s(`panel-${index}`), topic: s(topic), qos: n(1) })),
};

let engine: MemoryEngine;
let dynamo: Dynamo;
let broker: TestBroker;
let proxy: CuttingProxy;
let folder: { path: string; remove(): void };
let journal: string;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(() => begin());
const begin = async () => {
  folder = temporaryFolder();
  journal = join(folder.path, 'd.journal');
  broker = await startBroker();
  proxy = await cuttingProxy(broker.port);
  await refillTables(dynamo, rows);
  return end;
};
const end = async () => {
  proxy.close();
  await broker.close();
  folder.remove();
};

const words = (more: readonly string[]) => [
  ...['--to', proxy.url, '--protocol', '4', '--pending', '--retained', '--journal', journal, '--yes', '--json'],
  ...['--endpoint-url', engine.endpoint, ...more],
];

/** Messages that the journal has as acknowledged, and clients whose sessions it has. */
function noted(): { acked: string[]; sessions: string[] } {
  const text = existsSync(journal) ? readFileSync(journal, 'utf8') : '';
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  const notes = lines.map((line) => JSON.parse(line) as { acked?: [string, string][]; sessions?: string[] });
  return {
    acked: notes.flatMap(({ acked = [] }) => acked.map(([, msgid]) => msgid)),
    sessions: notes.flatMap(({ sessions = [] }) => sessions),
  };
}

/** Is online all the time. With QoS 1: aedes loses messages that it has to hand over with QoS 2. */
async function watcher(got: Received[]) {
  const live = await subscriber(broker.url, 'watcher', {}, (one) => got.push(one));
  await live.subscribeAsync('#', { qos: 1 });
  return live;
}

/** Waits for what is still on its way from the broker. */
async function arrived(got: readonly Received[]): Promise<void> {
  for (let tries = 0; new Set(got.map(({ payload }) => payload)).size <= all.length && tries < 100; tries += 1) await delay(20);
}

/** Everything arrived, what was acknowledged before the end of the first run only once, and the others in their order. */
function expectWhole(got: readonly Received[], before: readonly string[], unknown: number): void {
  const counts = new Map<string, number>();
  for (const { payload } of got) counts.set(payload, (counts.get(payload) ?? 0) + 1);
  expect([...counts.keys()].sort()).toEqual([...all.map((item) => textOf(item, 'msgid')!), 'kept'].sort());
  for (const id of before) expect([id, counts.get(id) ?? counts.get('kept')]).toEqual([id, 1]);
  expect(got.length - counts.size).toBeLessThanOrEqual(unknown);
  for (const topic of topics) {
    const first = [...new Set(got.filter((one) => one.topic === topic).map(({ payload }) => payload))];
    expect(first).toEqual(idsOf(topic));
  }
}

describe('a delivery that is cut', () => {
  it('V1 arrives whole and in order once it is resumed, wherever the cut was', async () => {
    // the whole exchange takes about 21,000 bytes to the broker and 1,100 from it
    const places = fc.oneof(
      fc.record({ up: fc.integer({ min: 1, max: 22_000 }), down: fc.constant(0) }),
      fc.record({ up: fc.constant(0), down: fc.integer({ min: 1, max: 1_200 }) }),
    );
    let cuts = 0;
    const property = fc.asyncProperty(places, fc.boolean(), async (cut, ack) => {
      await end();
      await begin();
      const got: Received[] = [];
      const live = await watcher(got);
      Object.assign(proxy.cut, cut);
      const first = await runCommand(Deliver, words(ack ? ['--ack'] : []), { now: NOW });
      const { acked } = noted();
      if (first.code !== 0) {
        cuts += 1;
        expect([first.code, first.stderr]).toEqual([5, expect.stringContaining('E_BROKER')]);
        Object.assign(proxy.cut, { up: 0, down: 0 });
        const refused = existsSync(journal) ? await runCommand(Deliver, words([]), { now: NOW }) : undefined;
        if (refused) expect([refused.code, refused.stderr]).toEqual([11, expect.stringContaining('--resume')]);
        const second = await runCommand(Deliver, words(['--resume', ...(ack ? ['--ack'] : [])]), { now: NOW });
        expect([second.code, second.stderr]).toEqual([0, second.stderr]);
        const { unknown } = JSON.parse(second.stdout) as { unknown: number };
        expect(unknown).toBeLessThanOrEqual(64);
        await arrived(got);
        expectWhole(got, acked, unknown);
      }
      await live.endAsync();
      if (ack) expect(await scanAll(dynamo, 'mqtt_msg')).toEqual([]);
      else expect(await scanAll(dynamo, 'mqtt_msg')).toHaveLength(all.length);
    });
    await fc.assert(property, { numRuns: RUNS });
    expect(cuts).toBeGreaterThan(RUNS / 3);
  }, 300_000);

  it.each([
    ['before the first note', 'write:journal:before:1'],
    ['after the sessions were noted', 'sync:journal:after:1'],
    ['while messages are under way', 'sync:journal:after:2'],
    ['before acknowledgements are noted', 'write:journal:before:3'],
    ['after they were noted', 'sync:journal:after:3'],
    ['before the end is noted', 'write:journal:before:8'],
  ])('V2 goes on after kill -9 %s, and makes no session twice', async (_name, point) => {
    const got: Received[] = [];
    const live = await watcher(got);
    const sessions = ['--pre-create-sessions', '--assume-offline'];
    const killed = await start(['deliver', ...words(sessions)], { node: PRELOAD, env: { MQDYN_TEST_KILL_AT: point } }).ended;
    expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', killed.stderr]);
    const { acked, sessions: made } = noted();
    broker.connected.length = 0;
    const second = await start(['deliver', ...words(['--resume', ...sessions])]).ended;
    expect([second.code, second.stderr]).toEqual([0, second.stderr]);
    await arrived(got);
    await live.endAsync();
    expectWhole(got, acked, (JSON.parse(second.stdout) as { unknown: number }).unknown);
    const others = topics.map((_topic, index) => `panel-${index}`).filter((id) => !made.includes(id));
    expect(broker.connected.filter((id) => id.startsWith('panel-')).sort()).toEqual(others);
  });

  it('V3 leaves out the message with which the broker ends the connection, once it is resumed', async () => {
    const [bad] = idsOf('t/3');
    broker.aedes.authorizePublish = (_client, { topic, payload }, done) =>
      done(topic === 't/3' && String(payload) === bad ? new Error('refused') : null);
    const first = await runCommand(Deliver, words([]), { now: NOW });
    expect([first.code, first.stderr]).toEqual([5, expect.stringContaining('sent and not acknowledged')]);
    const second = await runCommand(Deliver, words(['--resume']), { now: NOW });
    const refused = { reason: 'refused_by_broker', count: 1, examples: [`t/3 ${bad}: it ended the connection`] };
    expect([second.code, JSON.parse(second.stdout)]).toMatchObject([3, { items: [refused] }]);
    const everything = new Set([...all.map((item) => textOf(item, 'msgid')), 'kept']);
    expect(new Set(noted().acked).size).toBe(everything.size - 1);
  });

  it('V6 keeps its rate, and goes on after an interrupt', async () => {
    const got: Received[] = [];
    const live = await watcher(got);
    const started = performance.now();
    const first = await runCommand(Deliver, words(['--rate', '100']), {
      now: NOW,
      onSignal: (listener) => {
        const timer = setInterval(() => {
          if (got.length < 40) return;
          clearInterval(timer);
          listener('SIGINT');
        }, 5);
        return () => clearInterval(timer);
      },
    });
    expect(performance.now() - started).toBeGreaterThan(350);
    expect([first.raised, first.stderr]).toEqual(['SIGINT', expect.stringContaining('continue with --resume')]);
    expect(got.length).toBeLessThan(all.length);
    const { acked } = noted();
    expect(acked.length).toBeGreaterThanOrEqual(40);
    const second = await runCommand(Deliver, words(['--resume']), { now: NOW });
    expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { unknown: 0, acknowledgedBefore: acked.length }]);
    await arrived(got);
    await live.endAsync();
    expectWhole(got, acked, 0);
  });

  it('V4 refuses a journal of another delivery', async () => {
    proxy.cut.up = 4_000;
    expect((await runCommand(Deliver, words([]), { now: NOW })).code).toBe(5);
    const other = await runCommand(Deliver, words(['--resume', '--topic', 't/1']), { now: NOW });
    expect([other.code, other.stderr]).toEqual([11, expect.stringContaining('E_MISMATCH')]);
    expect(other.stderr).toContain('another delivery');
  });
});
