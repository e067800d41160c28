import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Deliver from '../../src/commands/deliver.ts';
import Pending from '../../src/commands/pending.ts';
import { n, s, textOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { cuttingProxy, received, subscriber, type Received } from '../harness/broker.ts';
import { everything, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { hasMosquitto, startMosquitto } from '../harness/mosquitto.ts';
import { DAY, idAt, message } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const TOPICS = 3;
const EACH = 70;

let engine: MemoryEngine;
let dynamo: Dynamo;
let folder: { path: string; remove(): void };
let broker: Awaited<ReturnType<typeof startMosquitto>>;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

/** Messages of several topics and QoS, published in turn. */
const all = Array.from({ length: TOPICS * EACH }, (_, index): Item => {
  const topic = index % TOPICS;
  const id = idAt(NOW - DAY + index, BigInt(index));
  return message(id, `t/${topic}`, { qos: n(topic === 2 ? 2 : 1), payload: s(id) });
});

function idsOf(topic: string): string[] {
  return all.filter((item) => textOf(item, 'topic') === topic).map((item) => textOf(item, 'msgid')!);
}

describe.skipIf(!hasMosquitto())("deliver to mosquitto (skipped where Debian's mosquitto is not installed)", () => {
  beforeEach(async () => {
    folder = temporaryFolder();
    broker = await startMosquitto(folder.path, ['max_packet_size 4000']);
    await refillTables(dynamo, {
      mqtt_msg: [...all, message(idAt(NOW, 9n), 't/0', { payload: s('x'.repeat(5_000)) })],
      mqtt_topic_msg_map: Array.from({ length: TOPICS }, (_, topic) => ({
        topic: s(`t/${topic}`),
        MsgId: { SS: [...idsOf(`t/${topic}`), ...(topic === 0 ? [idAt(NOW, 9n)] : [])].toReversed() },
      })),
      mqtt_retain: [message(idAt(NOW, 10n), 'r/1', { retain: n(1), payload: s('kept') })],
      mqtt_sub: Array.from({ length: TOPICS }, (_, topic) => ({ clientid: s('panel-1'), topic: s(`t/${topic}`), qos: n(2) })),
    });
    return async () => {
      await broker.stop();
      folder.remove();
    };
  });

  it.each(['4', '5'] as const)(
    'MQTT %s: a client that never connected gets what pending promised, in order',
    async (protocol) => {
      const target = ['--endpoint-url', engine.endpoint, '--json'];
      const promised = await runCommand(Pending, ['--client', 'panel-1', ...target], { now: NOW });
      const { items } = JSON.parse(promised.stdout) as {
        items: { msgid: string; topic: string; qos: number; deliverable: boolean }[];
      };
      // MQTT 3.1.1 has no way to tell how large a packet may be: there the broker would end the connection
      const limit = protocol === '4' ? ['--max-payload', '3900'] : [];
      const sessions = ['--pre-create-sessions', '--assume-offline', '--journal', join(folder.path, 'j')];
      const args = ['--to', broker.url, '--protocol', protocol, '--pending', '--retained', ...sessions, ...limit, '--yes'];
      const { code, stdout } = await runCommand(Deliver, [...args, ...target], { now: NOW });
      const large = { reason: 'payload_too_large', count: 1, examples: [`t/0 ${idAt(NOW, 9n)}`] };
      expect([code, JSON.parse(stdout)]).toMatchObject([3, { items: [large], acknowledged: all.length + 1, sessions: 1 }]);
      const v5 = { protocolVersion: 5 as const, properties: { sessionExpiryInterval: 100 } };
      const got = await received(broker.url, { clientId: 'panel-1', more: protocol === '5' ? v5 : {} });
      const expected = items.filter(({ msgid }) => msgid !== idAt(NOW, 9n));
      // MQTT keeps the order among messages of one QoS
      for (const qos of [1, 2]) {
        const wanted = expected.filter((one) => one.qos === qos).map(({ topic, msgid }) => [topic, msgid]);
        expect(got.filter((one) => one.qos === qos).map(({ topic, payload }) => [topic, payload])).toEqual(wanted);
      }
      expect(got.map(({ msgid }) => msgid)).toEqual(got.map(({ payload }) => (protocol === '5' ? payload : undefined)));
    },
  );

  it.each([1, 40, 900, 5_000, 12_000, 20_000])(
    'MQTT 5, cut after %i bytes: whole and in order, duplicates bear their msgid',
    async (up) => {
      const proxy = await cuttingProxy(broker.port);
      const got: Received[] = [];
      const live = await subscriber(broker.url, 'watcher', { protocolVersion: 5 }, (one) => got.push(one));
      try {
        await live.subscribeAsync('t/#', { qos: 2 });
        const args = ['--to', proxy.url, '--pending', '--yes', '--json', '--journal', join(folder.path, 'j')];
        const target = ['--endpoint-url', engine.endpoint];
        proxy.cut.up = up;
        const first = await runCommand(Deliver, [...args, ...target], { now: NOW });
        expect([first.code, first.stderr]).toEqual([5, expect.stringContaining('E_BROKER')]);
        proxy.cut.up = 0;
        const second = await runCommand(Deliver, [...args, ...target, '--resume'], { now: NOW });
        expect([second.code, second.stderr]).toEqual([3, second.stderr]);
        const { unknown } = JSON.parse(second.stdout) as { unknown: number };
        while (new Set(got.map(({ msgid }) => msgid)).size < all.length) await delay(20);
        expect(got.length - all.length).toBeLessThanOrEqual(unknown);
        for (const topic of ['t/0', 't/1', 't/2']) {
          const seen = new Set(got.filter((one) => one.topic === topic).map(({ msgid }) => msgid));
          expect([...seen]).toEqual(idsOf(topic));
        }
      } finally {
        await live.endAsync();
        proxy.close();
      }
    },
  );

  it('a message that reaches nobody is told, and stays in the old store', async () => {
    await refillTables(dynamo, {
      mqtt_msg: [message(idAt(NOW), 'lonely')],
      mqtt_topic_msg_map: [{ topic: s('lonely'), MsgId: { SS: [idAt(NOW)] } }],
    });
    const before = await everything(dynamo);
    const args = ['--to', broker.url, '--pending', '--ack', '--yes', '--json', '--journal', join(folder.path, 'j')];
    const { code, stdout } = await runCommand(Deliver, [...args, '--endpoint-url', engine.endpoint], { now: NOW });
    const nobody = { reason: 'no_subscriber', count: 1, examples: [`lonely ${idAt(NOW)}`] };
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { items: [nobody], published: 1, acknowledged: 0, acked: 0 }]);
    expect(await everything(dynamo)).toEqual(before);
  });
});
