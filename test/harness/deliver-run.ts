import { join } from 'node:path';
import { expect } from 'vitest';
import Deliver from '../../src/commands/deliver.ts';
import { n, s, textOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { refillTables, type Rows } from './fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll } from './memory-engine.ts';
import { DAY, idAt, message } from './purge-run.ts';
import { runCommand, temporaryFolder, type RunOptions } from './run-command.ts';

export const NOW = Date.UTC(2024, 4, 4, 9, 15);

/** Ids whose text order is another than their time order. */
export const at = (minute: number) => idAt(NOW - DAY + minute * 60_000, BigInt(minute));

export const sub = (clientid: string, topic: string, qos = 1): Item => ({ clientid: s(clientid), topic: s(topic), qos: n(qos) });

/** Messages that wait under their topics; the payload is the topic and a number from 0 on. */
export function waiting(counts: Readonly<Record<string, number>>, more: Item = {}): Rows {
  const topics = Object.entries(counts).map(([topic, count], place) => ({
    topic,
    ids: Array.from({ length: count }, (_, index) => at(index * 10 + place)),
  }));
  return {
    mqtt_msg: topics.flatMap(({ topic, ids }) =>
      ids.map((id, index) => message(id, topic, { payload: s(`${topic} ${index}`), ...more })),
    ),
    mqtt_topic_msg_map: topics.map(({ topic, ids }) => ({ topic: s(topic), MsgId: { SS: ids.toReversed() } })),
  };
}

export type Delivered = { items: { reason: string; count: number; examples: string[] }[]; [total: string]: unknown };
export type DeliverRun = { code: number; stderr: string; result: Delivered | undefined };

/** Tables and a folder for deliveries. */
export type DeliverBench = {
  endpoint: string;
  dynamo: Dynamo;
  folder: string;
  journal: string;
  restock(rows: Rows): Promise<void>;
  /** Delivers with consent, as JSON. */
  run(to: string, args: readonly string[], options?: RunOptions): Promise<DeliverRun>;
  /** Topics of what is left in mqtt_msg. */
  left(): Promise<string[]>;
  close(): Promise<void>;
};

export async function deliverBench(): Promise<DeliverBench> {
  const engine = await memoryEngine();
  const dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  let folder = temporaryFolder();
  const bench: DeliverBench = {
    endpoint: engine.endpoint,
    dynamo,
    folder: folder.path,
    journal: join(folder.path, 'd.journal'),
    restock: async (rows) => {
      folder.remove();
      folder = temporaryFolder();
      bench.folder = folder.path;
      bench.journal = join(folder.path, 'd.journal');
      await refillTables(dynamo, rows);
    },
    run: async (to, args, options = {}) => {
      const words = ['--to', to, '--journal', bench.journal, '--endpoint-url', engine.endpoint, '--yes', '--json', ...args];
      const { code, stdout, stderr } = await runCommand(Deliver, words, { now: NOW, ...options });
      return { code, stderr, result: stdout === '' ? undefined : (JSON.parse(stdout) as Delivered) };
    },
    left: async () => (await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'topic') ?? '').sort(),
    close: async () => {
      folder.remove();
      dynamo.close();
      await engine.stop();
    },
  };
  return bench;
}

/** A run that ended as it should. */
export function expectEnd(run: DeliverRun, code: number, says = ''): Delivered {
  expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(says)]);
  return run.result ?? { items: [] };
}
