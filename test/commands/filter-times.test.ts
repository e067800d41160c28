import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryItems, scanItems, type ReadOptions } from '../../src/app/views/read-items.ts';
import type { AttributeValue, Item } from '../../src/domain/item.ts';
import { timeOf } from '../../src/domain/records/times.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { describeTable } from '../../src/dynamo/tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';

const NOW = Date.UTC(2026, 9, 25, 12);
const DAY = 86_400_000;

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

const OPTIONS: Omit<ReadOptions, 'signal'> = {
  table: 'mqtt_client',
  role: 'mqtt_client',
  now: NOW,
  consistent: false,
  count: false,
};

async function scanned(filter: string, table = 'mqtt_client') {
  const options = { ...OPTIONS, table, role: table, filter, segments: 1, signal: new AbortController().signal };
  const { items, totals, hints } = scanItems(dynamo, options);
  const ids: string[] = [];
  for await (const page of items) for (const item of page) ids.push((item['clientid'] as { S: string }).S);
  return { ids: ids.sort(), totals, hints };
}

async function fill(items: readonly Item[]): Promise<void> {
  const { ids } = await scanned('attribute_exists(clientid)');
  const gone = ids.map((id) => ({ DeleteRequest: { Key: { clientid: { S: id } } } }));
  const put = items.map((Item) => ({ PutRequest: { Item } }));
  for (const requests of [gone, put]) {
    for (let at = 0; at < requests.length; at += 25) {
      await dynamo.call('BatchWriteItem', { RequestItems: { mqtt_client: requests.slice(at, at + 25) } });
    }
  }
}

/** A moment near now, at full seconds often enough to be equal to another one. */
const moment = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((days) => NOW + days * DAY),
  fc.integer({ min: NOW - 40 * DAY, max: NOW + 40 * DAY }),
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
);

/** A stored time in one of the units, or what is none. */
const stored: fc.Arbitrary<AttributeValue | undefined> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(moment, fc.constantFrom(0.001, 1, 1000)).map(([at, unit]) => ({ N: String(Math.floor(at * unit)) })),
  },
  { weight: 1, arbitrary: fc.constantFrom({ N: '0' }, { N: '-5' }, { S: '2026-10-25' }, { NULL: true }, undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ N: '99999999999' }, { N: '100000000000' }, { N: '99999999999999' }, { N: '100000000000000' }),
  },
);

const OPERATORS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
  '=': (a: number, b: number) => a === b,
} as const;

describe('a date in a filter', () => {
  it('compares as a plain evaluator does, whatever unit each row holds', async () => {
    const row = fc.record({ online: stored, offline: stored });
    const operator = fc.constantFrom(...(Object.keys(OPERATORS) as (keyof typeof OPERATORS)[]));
    const condition = fc.record({
      name: fc.constantFrom('online_at', 'offline_at'),
      operator,
      at: moment,
      form: fc.constantFrom('date', 'now', 'flipped', 'not', 'in', 'between', 'unequal'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 25 }),
        fc.array(condition, { minLength: 6, maxLength: 6 }),
        async (rows, conditions) => {
          const items = rows.map(({ online, offline }, index): Item => ({
            clientid: { S: `c${String(index).padStart(2, '0')}` },
            ...(online === undefined ? {} : { online_at: online }),
            ...(offline === undefined ? {} : { offline_at: offline }),
          }));
          await fill(items);
          for (const { name, operator: sign, at, form } of conditions) {
            const date = `'${new Date(at).toISOString()}'`;
            const later = `'${new Date(at + 5 * DAY).toISOString()}'`;
            const holds = OPERATORS[sign];
            const [filter, expected]: [string, (time: number | undefined) => boolean] = {
              date: [`${name} ${sign} ${date}`, (time?: number) => time !== undefined && holds(time, at)],
              now: [
                `${name} ${sign} now ${at < NOW ? '-' : '+'} ${Math.abs(at - NOW)}ms`,
                (time?: number) => time !== undefined && holds(time, at),
              ],
              flipped: [`${date} ${sign} ${name}`, (time?: number) => time !== undefined && holds(at, time)],
              not: [`not ${name} ${sign} ${date}`, (time?: number) => !(time !== undefined && holds(time, at))],
              in: [`${name} in (${later}, ${date})`, (time?: number) => time === at || time === at + 5 * DAY],
              between: [
                `${name} between ${date} and ${later}`,
                (time?: number) => time !== undefined && time >= at && time <= at + 5 * DAY,
              ],
              unequal: [`${name} <> ${date}`, (time?: number) => time !== at],
            }[form] as [string, (time: number | undefined) => boolean];
            const wanted = items
              .filter((item) => expected(timeOf(item, name)))
              .map((item) => (item['clientid'] as { S: string }).S);
            const { ids, totals } = await scanned(filter);
            expect({ filter, ids }).toEqual({ filter, ids: wanted });
            expect(totals.scanned).toBe(items.length);
          }
        },
      ),
      { numRuns: 30 },
    );
  }, 120_000);
});

describe('a filter that matches nothing', () => {
  beforeAll(() =>
    fill([
      { clientid: { S: 'a' }, node: { S: 'emqx@a' }, connect_state: { N: '1' }, online_at: { N: '1714727731' } },
      { clientid: { S: 'b' }, node: { S: 'emqx@b' }, connect_state: { N: '0' }, online_at: { N: '1714727731' } },
    ]),
  );

  it.each([
    ["connect_state = '2'", ["connect_state holds numbers, and '2' is text: leave out the quotes"]],
    [
      "connect_state in ('on', 'off')",
      ["connect_state holds numbers, and 'on' is text", "connect_state holds numbers, and 'off' is text"],
    ],
    ['node = 5', ['node holds text: put 5 in quotes']],
    [
      'node = nowhere',
      ["none of 2 items that were looked at has an attribute nowhere; if it is text, put it in quotes: 'nowhere'"],
    ],
    ["nod = 'emqx@a'", ['none of 2 items that were looked at has an attribute nod']],
    ["begins_with(nod, 'emqx')", ['none of 2 items that were looked at has an attribute nod']],
    ["node = 'emqx@c'", []],
    ['attribute_exists(nod)', []],
    ["online_at < '2020-01-01'", []],
  ])('%s', async (filter, wanted) => {
    const { ids, hints } = await scanned(filter);
    expect({ ids, hints }).toEqual({ ids: [], hints: wanted });
  });

  it('is not asked about where something matched', async () => {
    expect((await scanned("node = 'emqx@a' or nod = 1")).hints).toEqual([]);
  });

  it('of a query looks only at the items of its key', async () => {
    const put = { PutRequest: { Item: { clientid: { S: 'a' }, topic: { S: 't' }, qos: { N: '1' } } } };
    await dynamo.call('BatchWriteItem', { RequestItems: { mqtt_sub: [put] } });
    const live = (await describeTable(dynamo, 'mqtt_sub'))!;
    const options = { ...OPTIONS, table: 'mqtt_sub', role: 'mqtt_sub', key: 'a', descending: false, filter: "qos = '1'" };
    const { items, hints } = queryItems(dynamo, live, { ...options, signal: new AbortController().signal });
    for await (const _ of items);
    expect(hints).toEqual(["qos holds numbers, and '1' is text: leave out the quotes"]);
  });
});
