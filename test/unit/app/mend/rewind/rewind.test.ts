import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rewind, type Rewound } from '../../../../../src/app/mend/rewind/rewind.ts';
import type { Change } from '../../../../../src/domain/changes/change.ts';
import { n, s, setOf, type Item } from '../../../../../src/domain/item.ts';
import type { Dynamo } from '../../../../../src/dynamo/client.ts';
import { makeChange, readItem } from '../../../../../src/dynamo/make-change.ts';
import { Journal } from '../../../../../src/files/journal.ts';
import { killedAt } from '../../../../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../../../harness/memory-engine.ts';
import { temporaryFolder } from '../../../../harness/run-command.ts';
import { Killed } from '../../../../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
const { signal } = new AbortController();
const HEAD = { command: 'test', target: 'memory', at: '2026-01-01T00:00:00.000Z' };
const contextOf = (through: Dynamo) => ({ dynamo: through, liveName: (table: string) => table, signal, now: () => 0 });

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

const KEYS = ['a', 'b', 'c'];
const TABLES = ['mqtt_retain', 'mqtt_topic_msg_map'] as const;
type Act = { what: 'put' | 'delete' | 'add' | 'take'; key: string; value: number };
/** Never there before, so that no journal is empty. */
const FIRST: Act = { what: 'put', key: 'c', value: 9 };
const acts = fc
  .array(
    fc.record<Act>({
      what: fc.constantFrom('put', 'delete', 'add', 'take'),
      key: fc.constantFrom(...KEYS),
      value: fc.nat({ max: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((all) => [FIRST, ...all]);
const start = fc.dictionary(fc.constantFrom(...KEYS), fc.nat({ max: 3 }), { noNullPrototype: true });
const retained = (topic: string, value: number): Item => ({ topic: s(topic), payload: s(`p${value}`), qos: n(value) });
const mapRow = (topic: string, value: number): Item => ({ topic: s(topic), MsgId: { SS: ['kept', `id${value}`] } });

async function begin(rows: Record<string, number>, maps: Record<string, number>): Promise<void> {
  for (const table of TABLES) {
    for (const { topic } of await scanAll(dynamo, table))
      await dynamo.call('DeleteItem', { TableName: table, Key: { topic: topic! } });
  }
  for (const [topic, value] of Object.entries(rows))
    await dynamo.call('PutItem', { TableName: 'mqtt_retain', Item: retained(topic, value) });
  for (const [topic, value] of Object.entries(maps))
    await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: mapRow(topic, value) });
}

/** The change that an act makes of what is there; undefined where it changes nothing. */
async function changeFor({ what, key, value }: Act): Promise<Change | undefined> {
  const table = what === 'put' || what === 'delete' ? 'mqtt_retain' : 'mqtt_topic_msg_map';
  const before = await readItem(contextOf(dynamo), table, { topic: s(key) });
  if (table === 'mqtt_retain') {
    const after = what === 'put' ? retained(key, value) : undefined;
    return before === undefined && after === undefined ? undefined : { kind: 'item', table, before, after };
  }
  const held = setOf(before ?? {}, 'MsgId');
  const id = `id${value}`;
  if (held.includes(id) === (what === 'add')) return undefined;
  const kind = what === 'add' ? 'add-ids' : 'take-ids';
  return { kind, table, topic: key, ids: [id], ...(kind === 'add-ids' ? { existed: before !== undefined } : {}) };
}

let files = 0;
/** Journals and makes the changes; the last one is only journaled where the run is killed before its call. */
async function changed(all: readonly Act[], killed: boolean): Promise<string> {
  const path = join(folder.path, `journal-${(files += 1)}`);
  const journal = await Journal.open(path, HEAD);
  for (const [index, act] of all.entries()) {
    const change = await changeFor(act);
    if (change === undefined) continue;
    await journal.append([change]);
    if (killed && index === all.length - 1) break;
    expect(await makeChange(contextOf(dynamo), change)).toMatchObject({ made: true });
  }
  await journal.close();
  return path;
}

async function rewound(path: string, through: Dynamo = dynamo): Promise<Rewound[]> {
  const results: Rewound[] = [];
  for await (const group of rewind(contextOf(through), path, { head: HEAD, notice: () => undefined })) results.push(...group);
  return results;
}

async function state(): Promise<unknown> {
  const tables = await Promise.all(TABLES.map((table) => scanAll(dynamo, table)));
  return tables.map((items) =>
    items
      .map((item) =>
        JSON.stringify(
          Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)),
          sortedSets,
        ),
      )
      .toSorted(),
  );
}

function sortedSets(name: string, value: unknown): unknown {
  return name === 'SS' ? (value as string[]).toSorted() : value;
}

describe('rewind', () => {
  it('leaves the tables as they were before the changes, also those of a killed run', () =>
    fc.assert(
      fc.asyncProperty(start, start, acts, fc.boolean(), async (rows, maps, all, killed) => {
        await begin(rows, maps);
        const before = await state();
        const path = await changed(all, killed);
        const results = await rewound(path);
        expect(results.filter(({ why }) => why !== undefined)).toEqual([]);
        expect(await state()).toEqual(before);
      }),
      { numRuns: 20 },
    ));

  it('comes to the same end when it is killed at any write, before or after it, and run again', () =>
    fc.assert(
      fc.asyncProperty(
        start,
        start,
        acts,
        fc.integer({ min: 1, max: 14 }),
        fc.boolean(),
        async (rows, maps, all, write, after) => {
          await begin(rows, maps);
          const before = await state();
          const path = await changed(all, false);
          await rewound(path, killedAt(dynamo, { write, after })).catch(died);
          await rewound(path);
          expect(await state()).toEqual(before);
          expect(await rewound(path)).toEqual([]);
        },
      ),
      { numRuns: 20 },
    ));

  it('undoes nothing that somebody else writes beside it, whenever', () =>
    fc.assert(
      fc.asyncProperty(
        start,
        acts,
        fc.array(fc.record({ write: fc.integer({ min: 1, max: 10 }), key: fc.constantFrom(...KEYS) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
        async (rows, all, foreign, fatal) => {
          await begin(rows, rows);
          const path = await changed(all, false);
          const written = new Map<string, Item>();
          const ids = new Map<string, string[]>();
          const beside = async (write: number) => {
            for (const { key } of foreign.filter((each) => each.write === write)) {
              const mine = `mine-${written.size}-${ids.size}-${write}`;
              const item = { topic: s(key), payload: s(mine), qos: n(1) };
              await dynamo.call('PutItem', { TableName: 'mqtt_retain', Item: item });
              written.set(key, item);
              const change: Change = { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic: key, ids: [mine] };
              await makeChange(contextOf(dynamo), change);
              ids.set(key, [...(ids.get(key) ?? []), mine]);
            }
          };
          await rewound(path, killedAt(dynamo, { write: fatal, beside })).catch(died);
          if (fatal !== undefined) await rewound(path);
          const [items, maps] = [await scanAll(dynamo, 'mqtt_retain'), await scanAll(dynamo, 'mqtt_topic_msg_map')];
          for (const item of written.values()) expect(items).toContainEqual(item);
          for (const [key, mine] of ids) {
            const held = maps.find(({ topic }) => JSON.stringify(topic) === JSON.stringify(s(key)));
            expect(setOf(held ?? {}, 'MsgId')).toEqual(expect.arrayContaining(mine));
          }
        },
      ),
      { numRuns: 20 },
    ));

  it('does not bring back what a broker took after it was taken back once', async () => {
    await begin({ a: 1 }, {});
    const path = await changed([{ what: 'delete', key: 'a', value: 0 }], false);
    expect(await rewound(path)).toMatchObject([{ action: 'put back', why: undefined }]);
    await dynamo.call('DeleteItem', { TableName: 'mqtt_retain', Key: { topic: s('a') } });
    expect(await rewound(path)).toEqual([]);
    expect(await scanAll(dynamo, 'mqtt_retain')).toEqual([]);
  });

  it('lists what has changed since, and is refused to two at a time', async () => {
    await begin({ a: 1, b: 1 }, {});
    const path = await changed(
      ['a', 'b'].map((key): Act => ({ what: 'put', key, value: 2 })),
      false,
    );
    await dynamo.call('PutItem', { TableName: 'mqtt_retain', Item: retained('a', 3) });
    writeFileSync(`${path}.lock`, JSON.stringify({ damaged: true }));
    await expect(rewound(path)).rejects.toMatchObject({ code: 'E_LOCKED' });
    writeFileSync(`${path}.lock`, '');
    await expect(rewound(path)).rejects.toMatchObject({ code: 'E_LOCKED' });
    rmSync(`${path}.lock`);
    expect(await rewound(path)).toEqual([
      { table: 'mqtt_retain', partition: 'b', action: 'replaced', why: undefined },
      { table: 'mqtt_retain', partition: 'a', action: 'replaced', why: 'the item has changed meanwhile' },
    ]);
  });
});

function died(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}
