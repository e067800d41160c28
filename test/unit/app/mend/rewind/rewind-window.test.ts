import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWindow, partsOf } from '../../../../../src/app/mend/rewind/open-window.ts';
import { rewind, type Rewound } from '../../../../../src/app/mend/rewind/rewind.ts';
import { idsIn } from '../../../../../src/app/mend/lookups.ts';
import { rewindWindow } from '../../../../../src/app/mend/rewind/rewind-window.ts';
import { n, s, setOf, textOf, type Item } from '../../../../../src/domain/item.ts';
import { itemKeyOf, keyItem } from '../../../../../src/domain/records/keys.ts';
import type { TableName } from '../../../../../src/domain/records/tables.ts';
import { sameItem } from '../../../../../src/domain/same-item.ts';
import type { Dynamo } from '../../../../../src/dynamo/client.ts';
import { emptyTables, everything, fillTables, type Rows } from '../../../../harness/fill-tables.ts';
import { killedAt } from '../../../../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../../../harness/memory-engine.ts';
import { nativeExport } from '../../../../harness/native-export.ts';
import { temporaryFolder } from '../../../../harness/run-command.ts';
import { Killed } from '../../../../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
const exported = join(folder.path, 'export');
const { signal } = new AbortController();
const HEAD = { command: 'test', target: 'memory', at: '2026-01-01T00:00:00.000Z' };
const contextOf = (through: Dynamo) => ({ dynamo: through, liveName: (table: string) => table, signal, now: () => 0 });
const RUNS = Number(process.env['MQDYN_TEST_REWINDS'] ?? 8);

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

const TABLES = ['mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'] as const;
const IDS = ['m1', 'm2', 'm3', 'm4'];
const TOPICS = ['a', 'b', 'c'];
const TOPIC_OF: Readonly<Record<string, string>> = { m1: 'a', m2: 'a', m3: 'b', m4: 'c' };
type State = Record<(typeof TABLES)[number], Item[]>;

const message = (id: string, topic: string, value: number): Item => ({ msgid: s(id), topic: s(topic), payload: s(`p${value}`) });
const ids = fc.subarray(IDS, { minLength: 1 });

/** Items of the map of every form: sets, none, and what damage leaves. */
const mapItem = (topic: string): fc.Arbitrary<Item> =>
  fc.oneof(
    { weight: 6, arbitrary: ids.map((SS): Item => ({ topic: s(topic), MsgId: { SS } })) },
    fc.constant<Item>({ topic: s(topic) }),
    ids.map((all): Item => ({ topic: s(topic), MsgId: { L: all.map(s) } })),
    ids.map((SS): Item => ({ topic: s(topic), MsgId: { SS }, note: s('by hand') })),
  );

function someOf(names: readonly string[], item: (name: string) => fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc
    .tuple(...names.map((name) => fc.option(item(name), { nil: undefined })))
    .map((all) => all.filter((one) => one !== undefined));
}

const state: fc.Arbitrary<State> = fc.record({
  mqtt_msg: someOf(IDS, (id) =>
    fc.tuple(fc.constantFrom(...TOPICS), fc.nat(2)).map(([topic, value]) => message(id, topic, value)),
  ),
  mqtt_topic_msg_map: someOf(TOPICS, mapItem),
  mqtt_retain: someOf(TOPICS, (topic) =>
    fc.nat(2).map((value): Item => ({ topic: s(topic), payload: s(`r${value}`), qos: n(value) })),
  ),
  mqtt_acked: someOf(TOPICS, (topic) =>
    fc
      .tuple(fc.constantFrom('x', 'y'), fc.nat(2))
      .map(([who, value]): Item => ({ topic: s(topic), clientid: s(who), msgid: s(`m${value}`) })),
  ),
});

const keyText = (table: TableName, item: Item) => JSON.stringify(keyItem(itemKeyOf(table, item)));
const byKey = (table: TableName, items: readonly Item[]) => new Map(items.map((item) => [keyText(table, item), item]));

/** Writes what the tables went through as DynamoDB would export it: the net change of each item. */
function exportOf(before: State, after: State): void {
  rmSync(exported, { recursive: true, force: true });
  nativeExport(
    exported,
    TABLES.map((table) => {
      const [was, is] = [byKey(table, before[table]), byKey(table, after[table])];
      const changes = [...new Set([...was.keys(), ...is.keys()])]
        .map((key) => ({ key: JSON.parse(key) as Item, before: was.get(key), after: is.get(key) }))
        .filter((pair) => !sameItem(pair.before, pair.after));
      return { table, from: 0, to: 3_600_000, changes };
    }),
  );
}

async function begin(rows: Rows): Promise<void> {
  await emptyTables(dynamo);
  await fillTables(dynamo, rows);
}

let journals = 0;
const DRY = '';
const newJournal = () => join(folder.path, `${(journals += 1)}.journal`);

/** Takes the export back; with DRY in place of a journal it is only told what would be done. */
async function rewound(through: Dynamo = dynamo, journal = newJournal()) {
  const window = await openWindow(exported, { signal });
  const parts = partsOf(window, (table) => table);
  const all: Rewound[] = [];
  let [already, undone] = [0, 0];
  for await (const progress of rewindWindow(
    contextOf(through),
    parts,
    journal === DRY ? undefined : { path: journal, head: HEAD },
  )) {
    all.push(...progress.rewound);
    already += progress.already;
    undone += progress.undone;
  }
  return { all, left: all.filter(({ why }) => why !== undefined), already, undone, journal };
}

async function takenBack(journal: string): Promise<Rewound[]> {
  const all: Rewound[] = [];
  for await (const group of rewind(contextOf(dynamo), journal, { head: HEAD, notice: () => undefined })) all.push(...group);
  return all;
}

function died(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}

describe('an incremental export', () => {
  it('is taken back: the tables are as before, and its journal brings the changes again', () =>
    fc.assert(
      fc.asyncProperty(state, state, async (before, after) => {
        await begin(before);
        const old = await everything(dynamo);
        await begin(after);
        const changed = await everything(dynamo);
        exportOf(before, after);
        const { left, all, journal } = await rewound();
        expect(left).toEqual([]);
        expect(await everything(dynamo)).toEqual(old);
        const again = await rewound();
        expect([again.all, await everything(dynamo)]).toEqual([[], old]);
        if (all.length === 0) return;
        expect((await takenBack(journal)).filter(({ why }) => why !== undefined)).toEqual([]);
        expect(await everything(dynamo)).toEqual(changed);
      }),
      { numRuns: RUNS },
    ));

  it('comes to the same end when the run is killed at any write, before or after it, and run again', () =>
    fc.assert(
      fc.asyncProperty(state, state, fc.integer({ min: 1, max: 16 }), fc.boolean(), async (before, after, write, isAfter) => {
        await begin(before);
        const old = await everything(dynamo);
        await begin(after);
        const changed = await everything(dynamo);
        exportOf(before, after);
        const journal = join(folder.path, `${(journals += 1)}.journal`);
        await rewound(killedAt(dynamo, { write, after: isAfter }), journal).catch(died);
        expect((await rewound(dynamo, journal)).left).toEqual([]);
        expect(await everything(dynamo)).toEqual(old);
        // one journal of both runs takes both back
        await takenBack(journal).catch((error: Error) => expect(error.message).toContain('does not exist'));
        expect(await everything(dynamo)).toEqual(changed);
      }),
      { numRuns: RUNS },
    ));

  /** Somebody else's work: an item of theirs under a key, or none, or an id under a topic. */
  const foreign = fc.record({
    write: fc.integer({ min: 0, max: 12 }),
    act: fc.oneof(
      fc.record({ what: fc.constant('put' as const), table: fc.constantFrom('mqtt_msg', 'mqtt_retain'), key: fc.nat(2) }),
      fc.record({ what: fc.constant('delete' as const), table: fc.constantFrom('mqtt_msg', 'mqtt_retain'), key: fc.nat(2) }),
      fc.record({ what: fc.constant('add' as const), topic: fc.constantFrom(...TOPICS) }),
      fc.record({ what: fc.constant('list' as const), topic: fc.constantFrom(...TOPICS) }),
    ),
  });

  it('undoes nothing that somebody else does beside it, whenever', () =>
    fc.assert(
      fc.asyncProperty(
        state,
        state,
        fc.array(foreign, { minLength: 1, maxLength: 5 }),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        async (before, after, acts, fatal) => {
          await begin(after);
          exportOf(before, after);
          const theirs = new Map<string, Item>();
          const added = new Map<string, string[]>();
          let mine = 0;
          const beside = async (write: number) => {
            for (const { act } of acts.filter((one) => one.write === write)) {
              const own = `their-${(mine += 1)}`;
              if (act.what === 'put' || act.what === 'delete') {
                const { table } = act;
                const key = table === 'mqtt_msg' ? { msgid: s(IDS[act.key]!) } : { topic: s(TOPICS[act.key]!) };
                const item: Item = { topic: s('a'), ...key, payload: s(own) };
                if (act.what === 'put') await dynamo.call('PutItem', { TableName: table, Item: item });
                else await dynamo.call('DeleteItem', { TableName: table, Key: key });
                if (act.what === 'put') theirs.set(`${table} ${keyText(table, item)}`, item);
                else theirs.delete(`${table} ${keyText(table, item)}`);
              } else if (act.what === 'list') {
                const item: Item = { topic: s(act.topic), MsgId: { L: [s(own)] } };
                await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: item });
                theirs.set(`mqtt_topic_msg_map ${keyText('mqtt_topic_msg_map', item)}`, item);
                added.delete(act.topic);
              } else {
                await dynamo
                  .call('UpdateItem', {
                    TableName: 'mqtt_topic_msg_map',
                    Key: { topic: s(act.topic) },
                    UpdateExpression: 'ADD MsgId :ids',
                    ExpressionAttributeValues: { ':ids': { SS: [own] } },
                  })
                  .then(
                    () => added.set(act.topic, [...(added.get(act.topic) ?? []), own]),
                    // a list takes no ids
                    () => undefined,
                  );
              }
            }
          };
          await beside(0);
          await rewound(killedAt(dynamo, { write: fatal, beside })).catch(died);
          if (fatal !== undefined) await rewound();
          for (const table of TABLES) {
            const now = byKey(table, await scanAll(dynamo, table));
            const [was, is] = [byKey(table, before[table]), byKey(table, after[table])];
            for (const key of new Set([...was.keys(), ...is.keys(), ...now.keys()])) {
              const own = theirs.get(`${table} ${key}`);
              const item = now.get(key);
              if (own !== undefined) expect(item).toEqual(own);
              else if (table !== 'mqtt_topic_msg_map') {
                // as before the window, as after it, or deleted by them
                expect([item, was.get(key), is.get(key), undefined].slice(1).some((one) => sameItem(one, item))).toBe(true);
              } else {
                const topic = textOf(item ?? (JSON.parse(key) as Item), 'topic') ?? '';
                expect(setOf(item ?? {}, 'MsgId')).toEqual(expect.arrayContaining(added.get(topic) ?? []));
                const known = new Set([was, is].flatMap((all) => setOf(all.get(key) ?? {}, 'MsgId')));
                for (const id of setOf(item ?? {}, 'MsgId')) expect(known.has(id) || id.startsWith('their-')).toBe(true);
              }
            }
          }
        },
      ),
      { numRuns: RUNS * 2 },
    ));

  /** Each id has one topic, as a broker has it. */
  const paired = state.map((rows): State => {
    const own = (item: Item) => idsIn(item).filter((id) => TOPIC_OF[id] === textOf(item, 'topic'));
    const withOwn = (item: Item): Item => {
      const { MsgId, ...rest } = item;
      if (MsgId === undefined || own(item).length === 0) return rest;
      return { ...rest, MsgId: 'L' in MsgId ? { L: own(item).map(s) } : { SS: own(item) } };
    };
    const mqtt_msg = rows.mqtt_msg.map((item) => ({ ...item, topic: s(TOPIC_OF[textOf(item, 'msgid')!]!) }));
    return { ...rows, mqtt_msg, mqtt_topic_msg_map: rows.mqtt_topic_msg_map.map(withOwn) };
  });
  const since = fc.record({ messages: fc.subarray(IDS, { maxLength: 2 }), lists: fc.subarray(TOPICS, { maxLength: 1 }) });

  it('keeps a message and its id together where one of them has changed since, and tells all that is not as before', () =>
    fc.assert(
      fc.asyncProperty(paired, paired, since, async (before, after, { messages, lists }) => {
        await begin(after);
        exportOf(before, after);
        await fillTables(dynamo, {
          mqtt_msg: messages.map((id) => message(id, TOPIC_OF[id]!, 9)),
          mqtt_topic_msg_map: lists.map((topic): Item => ({ topic: s(topic), MsgId: { L: [s('theirs')] } })),
        });
        const there = await tablesNow();
        const foreseen = await rewound(dynamo, DRY);
        expect(await tablesNow()).toEqual(there);
        const { all, left } = await rewound();
        // a dry run tells what the run then does
        expect(foreseen.all).toEqual(all);
        const now = await tablesNow();
        for (const topic of TOPICS) {
          const [was, is, row] = [before, after, now].map((rows) => itemOf(rows, 'mqtt_topic_msg_map', { topic: s(topic) }));
          for (const id of IDS) {
            const isIn = (item: Item | undefined) => idsIn(item ?? {}).includes(id);
            if (isIn(was) === isIn(is)) continue;
            const [old, untouched, present] = [before, there, now].map((rows) => itemOf(rows, 'mqtt_msg', { msgid: s(id) }));
            // of a message that the window did not change the export says nothing
            if (sameItem(old, itemOf(after, 'mqtt_msg', { msgid: s(id) }))) continue;
            const isBack = sameItem(present, old);
            if (lists.includes(topic)) expect([id, sameItem(present, untouched)]).toEqual([id, true]);
            else expect([id, isIn(row)]).toEqual([id, isIn(isBack ? was : is)]);
          }
        }
        for (const table of ['mqtt_msg', 'mqtt_retain', 'mqtt_acked'] as const) {
          const [was, is, present] = [before, after, now].map((rows) => byKey(table, rows[table]));
          for (const key of new Set([...was!.keys(), ...is!.keys()])) {
            if (sameItem(was!.get(key), is!.get(key))) continue;
            expect([key, toldOf(left, table, JSON.parse(key) as Item)]).toEqual([
              key,
              !sameItem(was!.get(key), present!.get(key)),
            ]);
          }
        }
      }),
      { numRuns: RUNS * 3 },
    ));

  it('tells each message that was parted from its id, where a run was killed and the topic has changed before the next one', () =>
    fc.assert(
      fc.asyncProperty(
        paired,
        paired,
        fc.integer({ min: 1, max: 12 }),
        fc.subarray(TOPICS),
        async (before, after, write, lists) => {
          await begin(after);
          exportOf(before, after);
          await rewound(killedAt(dynamo, { write, after: true })).catch(died);
          const there = await tablesNow();
          const changed = lists.filter((topic) => itemOf(there, 'mqtt_topic_msg_map', { topic: s(topic) }) !== undefined);
          await fillTables(dynamo, {
            mqtt_topic_msg_map: changed.map((topic): Item => ({ topic: s(topic), MsgId: { L: [s('theirs')] } })),
          });
          const { left } = await rewound();
          const now = await tablesNow();
          for (const id of IDS) {
            const [was, is, present] = [before, after, now].map((rows) => itemOf(rows, 'mqtt_msg', { msgid: s(id) }));
            const [listed, wanted] = [after, before].map((rows) =>
              idsIn(itemOf(rows, 'mqtt_topic_msg_map', { topic: s(TOPIC_OF[id]!) }) ?? {}).includes(id),
            );
            if (!changed.includes(TOPIC_OF[id]!) || sameItem(was, is) || listed === wanted) continue;
            // its topic is as somebody else made it, so nothing of the pair is as before, or it is told
            expect([id, sameItem(present, is) || toldOf(left, 'mqtt_msg', { msgid: s(id) })]).toEqual([id, true]);
          }
        },
      ),
      { numRuns: RUNS * 2 },
    ));
});

/** An item that is told as left. */
const toldOf = (left: readonly Rewound[], table: TableName, key: Item) =>
  left.some((one) => one.table === table && sameItem(keyItem({ ...one, table }), key));

async function tablesNow(): Promise<State> {
  const [mqtt_msg, mqtt_topic_msg_map, mqtt_retain, mqtt_acked] = await Promise.all(
    TABLES.map((table) => scanAll(dynamo, table)),
  );
  return { mqtt_msg: mqtt_msg!, mqtt_topic_msg_map: mqtt_topic_msg_map!, mqtt_retain: mqtt_retain!, mqtt_acked: mqtt_acked! };
}

function itemOf(rows: State, table: keyof State, key: Item): Item | undefined {
  return byKey(table, rows[table]).get(JSON.stringify(key));
}
