import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { n, s, setOf, textOf, type Item } from '../../src/domain/item.ts';
import type { Asked, PurgeKind } from '../../src/domain/purge/selection.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message, runPurge, type PurgeRun } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { SEED } from '../harness/seed.ts';

const RUNS = Number(process.env['MQDYN_TEST_PURGE_RACES'] ?? 6);
const NOW = Date.UTC(2024, 4, 4, 9, 15);
const OLD = NOW - 40 * DAY;
const NAMES = ['a', 'b', 'c'];
/** More calls than a purge of these few rows makes; a broker that never pauses might keep one busy for ever. */
const LAST_TURN = 150;

let engine: MemoryEngine;
let dynamo: Dynamo;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

const oldIds = (topic: number) => Array.from({ length: 5 }, (_, index) => idAt(OLD, BigInt(topic * 10 + index)));

async function fill(): Promise<void> {
  const topics = NAMES.map((topic, at) => ({ topic, ids: oldIds(at) }));
  await refillTables(dynamo, {
    mqtt_msg: [
      ...topics.flatMap(({ topic, ids }) => ids.map((id) => message(id, topic))),
      ...NAMES.map((topic, at) => message(idAt(OLD, BigInt(90 + at)), topic)),
    ],
    mqtt_topic_msg_map: topics.map(({ topic, ids }) => ({ topic: s(topic), MsgId: { SS: ids } })),
    mqtt_retain: NAMES.map((topic) => message(idAt(OLD), topic, { retain: n(1), arrived: n(OLD) })),
    mqtt_client: NAMES.map((clientid) => ({
      clientid: s(clientid),
      connect_state: n(0),
      node: s('emqx@1'),
      online_at: n(OLD),
      offline_at: n(OLD),
    })),
    mqtt_acked: NAMES.map((name) => ({ topic: s(name), clientid: s(name), msgid: s(idAt(OLD)) })),
  });
}

type Act = { act: 'publish' | 'ack' | 'retain' | 'clear' | 'connect' | 'disconnect'; name: number; pick: number };

/** A broker that does what the backend does, one call at a time, in between those of a purge. */
class Broker {
  readonly published = new Map<string, string>();
  readonly acked = new Set<string>();
  /** What it wrote last, by table and name; undefined where it deleted. */
  readonly last = new Map<string, Item | undefined>();
  private readonly running: AsyncGenerator<void>[] = [];
  private written = 0;

  begin({ act, name, pick }: Act): void {
    this.running.push(this[act](NAMES[name]!, pick));
  }

  /** One more call of what is under way; false when nothing is. */
  async step(pick: number): Promise<boolean> {
    if (this.running.length === 0) return false;
    const at = pick % this.running.length;
    if ((await this.running[at]!.next()).done) this.running.splice(at, 1);
    return true;
  }

  private fresh(): string {
    this.written += 1;
    return idAt(NOW + this.written, BigInt(this.written));
  }

  private put(table: string, name: string, item: Item): Promise<unknown> {
    this.last.set(`${table} ${name}`, item);
    return dynamo.call('PutItem', { TableName: table, Item: item });
  }

  private ids(topic: string, verb: 'ADD' | 'DELETE', id: string): Promise<unknown> {
    const set = { UpdateExpression: `${verb} MsgId :id`, ExpressionAttributeValues: { ':id': { SS: [id] } } };
    return dynamo.call('UpdateItem', { TableName: 'mqtt_topic_msg_map', Key: { topic: s(topic) }, ...set });
  }

  private async *publish(topic: string): AsyncGenerator<void> {
    const id = this.fresh();
    await dynamo.call('PutItem', { TableName: 'mqtt_msg', Item: message(id, topic) });
    yield;
    await this.ids(topic, 'ADD', id);
    this.published.set(id, topic);
  }

  private async *ack(topic: string, pick: number): AsyncGenerator<void> {
    const own = [...this.published].filter(([, at]) => at === topic).map(([id]) => id);
    const all = [...oldIds(NAMES.indexOf(topic)), ...own];
    const id = all[pick % all.length]!;
    this.acked.add(id);
    await this.put('mqtt_acked', topic, { topic: s(topic), clientid: s(topic), msgid: s(id) });
    yield;
    await dynamo.call('DeleteItem', { TableName: 'mqtt_msg', Key: { msgid: s(id) } });
    yield;
    await this.ids(topic, 'DELETE', id);
  }

  private async *retain(topic: string): AsyncGenerator<void> {
    await this.put('mqtt_retain', topic, message(this.fresh(), topic, { retain: n(1), arrived: n(NOW + this.written) }));
    yield;
  }

  private async *clear(topic: string): AsyncGenerator<void> {
    this.last.set(`mqtt_retain ${topic}`, undefined);
    await dynamo.call('DeleteItem', { TableName: 'mqtt_retain', Key: { topic: s(topic) } });
    yield;
  }

  private async *connect(clientid: string): AsyncGenerator<void> {
    this.written += 1;
    const item = {
      clientid: s(clientid),
      connect_state: n(1),
      node: s('emqx@2'),
      online_at: n(NOW + this.written),
      offline_at: n(0),
    };
    await this.put('mqtt_client', clientid, item);
    yield;
  }

  private async *disconnect(clientid: string): AsyncGenerator<void> {
    this.written += 1;
    const offline = n(NOW + this.written);
    this.last.set(`mqtt_client ${clientid}`, { clientid: s(clientid), connect_state: n(0), offline_at: offline });
    const set = {
      UpdateExpression: 'SET connect_state = :s, offline_at = :t',
      ExpressionAttributeValues: { ':s': n(0), ':t': offline },
    };
    await dynamo.call('UpdateItem', { TableName: 'mqtt_client', Key: { clientid: s(clientid) }, ...set });
    yield;
  }
}

const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom('publish', 'publish', 'ack', 'retain', 'clear', 'connect', 'disconnect'),
  name: fc.nat(NAMES.length - 1),
  pick: fc.nat(20),
});
/** Before each call of the purge: what begins, and how many calls of what is under way are made. */
const turns = fc.array(fc.record({ begins: fc.array(act, { maxLength: 2 }), steps: fc.array(fc.nat(20), { maxLength: 3 }) }), {
  minLength: 40,
  maxLength: 40,
});

/** A connection before each call of which the broker has its turn. */
function besides(broker: Broker, plan: readonly { begins: Act[]; steps: number[] }[]): Dynamo {
  let turn = 0;
  let before = Promise.resolve();
  // one turn at a time, though the purge makes several calls at once
  const broke = () => (before = before.then(takeTurn));
  const takeTurn = async () => {
    const { begins, steps } = plan[turn % plan.length]!;
    turn += 1;
    if (turn > LAST_TURN) return;
    for (const one of begins) broker.begin(one);
    for (const pick of steps) await broker.step(pick);
  };
  const call: Dynamo['call'] = async (operation, input, signal) => {
    await broke();
    return dynamo.call(operation, input, signal);
  };
  const use: Dynamo['use'] = async (work, signal) => {
    await broke();
    return dynamo.use(work, signal);
  };
  return { options: dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
}

/** Everything that a purge may not do to what the broker wrote. `byAge`: nothing that is new may be missing. */
async function expectUnharmed(broker: Broker, byAge: boolean): Promise<void> {
  const messages = new Map((await scanAll(dynamo, 'mqtt_msg')).map((item) => [textOf(item, 'msgid')!, item]));
  const listed = new Map<string, string>();
  for (const item of await scanAll(dynamo, 'mqtt_topic_msg_map')) {
    for (const id of setOf(item, 'MsgId')) listed.set(id, textOf(item, 'topic')!);
  }
  expect(
    [...listed.keys()].filter((id) => !messages.has(id)),
    'ids without a message',
  ).toEqual([]);
  for (const [id, topic] of broker.published) {
    if (broker.acked.has(id)) expect([id, messages.has(id), listed.get(id)]).toEqual([id, false, undefined]);
    else if (byAge) expect([id, messages.has(id), listed.get(id)]).toEqual([id, true, topic]);
    else expect([id, messages.has(id)]).toEqual([id, listed.has(id)]);
  }
  for (const id of broker.acked) expect([id, messages.has(id), listed.has(id)]).toEqual([id, false, false]);
  if (!byAge) return;
  for (const [where, item] of broker.last) {
    const [table, name] = where.split(' ') as [string, string];
    const key = {
      mqtt_retain: { topic: s(name) },
      mqtt_client: { clientid: s(name) },
      mqtt_acked: { topic: s(name), clientid: s(name) },
    }[table]!;
    const { Item: now } = await dynamo.call('GetItem', { TableName: table, Key: key, ConsistentRead: true });
    // an ack of an old message is old itself
    if (table === 'mqtt_acked' && !broker.published.has(textOf(item!, 'msgid')!)) continue;
    if (item === undefined) expect([where, now]).toEqual([where, undefined]);
    else expect([where, now]).toEqual([where, expect.objectContaining(item) as Item]);
  }
}

const CASES: readonly (readonly [string, PurgeKind, Partial<Asked>])[] = [
  ['messages by age', 'messages', { olderThanMs: 30 * DAY }],
  ['all messages', 'messages', { everything: true }],
  ['retained messages by age', 'retained', { olderThanMs: 30 * DAY }],
  ['clients by age', 'clients', { olderThanMs: 30 * DAY }],
  ['acks by age', 'acks', { olderThanMs: 30 * DAY }],
];

it.each(CASES)('a broker that writes beside a purge of %s wins every race', async (_name, kind, asked) => {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(turns, async (plan) => {
      await fill();
      const folder = temporaryFolder();
      const broker = new Broker();
      const where: PurgeRun = { kind, asked, now: NOW, folder: folder.path };
      const { counts } = await runPurge(besides(broker, plan), where);
      while (await broker.step(0));
      for (const one of Object.values(counts)) changed += one.changedMeanwhile;
      await expectUnharmed(broker, asked.everything !== true);
      if (kind === 'messages') {
        const left = (await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')!);
        expect(left.filter((id) => !broker.published.has(id))).toEqual([]);
      }
      folder.remove();
    }),
    // the others take a fraction of the time
    { numRuns: kind === 'messages' ? RUNS : 4 * RUNS, seed: SEED },
  );
  // otherwise nothing was raced for
  if (kind !== 'messages') expect(changed).toBeGreaterThan(0);
});
