import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliver } from '../../src/app/live/deliver.ts';
import type { DeliverOptions } from '../../src/app/live/deliver-options.ts';
import { DEFAULT_RULES } from '../../src/domain/hooks/rules.ts';
import { n, s, setOf, textOf } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { startBroker, subscriber, type TestBroker } from '../harness/broker.ts';
import { everything, refillTables } from '../harness/fill-tables.ts';
import { killedAt } from '../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message, takenBack } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const RUNS = Number(process.env['MQDYN_TEST_CUTS'] ?? 20);

const all = Array.from({ length: 9 }, (_, index) => message(idAt(NOW - DAY + index, BigInt(index)), `t/${index % 2}`));
const stays = message(idAt(NOW), 'other');
const rows = {
  mqtt_msg: [...all, stays],
  mqtt_topic_msg_map: ['t/0', 't/1', 'other'].map((topic) => ({
    topic: s(topic),
    MsgId: { SS: [...all, stays].filter((item) => textOf(item, 'topic') === topic).map((item) => textOf(item, 'msgid')!) },
  })),
  mqtt_sub: ['t/0', 't/1'].map((topic) => ({ clientid: s('panel-1'), topic: s(topic), qos: n(1) })),
};

let engine: MemoryEngine;
let dynamo: Dynamo;
let broker: TestBroker;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  broker = await startBroker();
});
afterAll(async () => {
  await broker.close();
  dynamo.close();
  await engine.stop();
});

function options(connection: Dynamo, journal: string, resume: boolean): DeliverOptions {
  const broken = { host: '127.0.0.1', port: broker.port, tls: undefined };
  return {
    dynamo: connection,
    liveName: (table) => table,
    signal: new AbortController().signal,
    notice: () => undefined,
    progress: () => undefined,
    now: () => NOW,
    choice: { retained: false, pending: true, selection: { kind: 'all' }, clients: ['panel-1'], rules: DEFAULT_RULES },
    broker: {
      ...{ address: broken, label: broker.url, protocol: 4, username: undefined, password: undefined },
      ...{ clientId: 'mqdyn', cleanStart: true },
    },
    ...{ ownClientId: undefined, sessions: undefined, rate: undefined, maxPayload: undefined, ack: true, journal, resume },
  };
}

it('V5 --ack that is killed between any two calls leaves no id without its message, and ends as one that was not', async () => {
  let kills = 0;
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.boolean(), async (write, after) => {
    const folder = temporaryFolder();
    const got: string[] = [];
    const live = await subscriber(broker.url, 'watcher', {}, ({ payload }) => got.push(payload));
    try {
      await live.subscribeAsync('t/#', { qos: 1 });
      const journal = join(folder.path, 'd.journal');
      await refillTables(dynamo, rows);
      const whole = await everything(dynamo);
      const dying = killedAt(dynamo, { write, after });
      const first = await deliver(options(dying, journal, false)).catch((error: unknown) => error);
      if (first instanceof Error) {
        kills += 1;
        const there = new Set((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')));
        const listed = (await scanAll(dynamo, 'mqtt_topic_msg_map')).flatMap((item) => setOf(item, 'MsgId'));
        expect(listed.filter((id) => !there.has(id))).toEqual([]);
        const second = await deliver(options(dynamo, journal, true));
        expect(second.unsent).toEqual([]);
      }
      expect(await scanAll(dynamo, 'mqtt_msg')).toEqual([stays]);
      const maps = (await scanAll(dynamo, 'mqtt_topic_msg_map')).flatMap((item) => setOf(item, 'MsgId'));
      expect(maps).toEqual([textOf(stays, 'msgid')]);
      expect(await scanAll(dynamo, 'mqtt_acked')).toHaveLength(2);
      // nothing is unknown: what the broker acknowledged was noted before any of these calls
      expect(got.length).toBe(all.length);
      expect(new Set(got).size).toBe(all.length);
      // what left the tables can be taken back
      expect(await takenBack(dynamo, `${journal}.acked`)).toEqual([]);
      expect(await everything(dynamo)).toEqual(whole);
    } finally {
      await live.endAsync();
      folder.remove();
    }
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(kills).toBeGreaterThan(RUNS / 3);
}, 120_000);
