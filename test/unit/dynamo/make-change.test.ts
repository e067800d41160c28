import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, ItemChange } from '../../../src/domain/changes/change.ts';
import { reverse } from '../../../src/domain/changes/reverse.ts';
import { n, s, type Item } from '../../../src/domain/item.ts';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { makeChange, readItem } from '../../../src/dynamo/make-change.ts';
import { sameItem } from '../../../src/domain/same-item.ts';
import { anyItem } from '../../harness/any-item.ts';
import { killedAt } from '../../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../harness/memory-engine.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const { signal } = new AbortController();
const liveName = (table: string) => table;
const make = (change: Change, through: Dynamo = dynamo) => makeChange({ dynamo: through, liveName, signal }, change);
const client = (more: Item = {}): Item => ({ clientid: s('c'), connect_state: n(1), online_at: n(5), offline_at: n(0), ...more });
const change = (before: Item | undefined, after: Item | undefined): ItemChange => ({
  kind: 'item',
  table: 'mqtt_client',
  before,
  after,
});
const now = () => readItem({ dynamo, liveName, signal }, 'mqtt_client', { clientid: s('c') });
const put = (item: Item) => dynamo.call('PutItem', { TableName: 'mqtt_client', Item: item });
const remove = () => dynamo.call('DeleteItem', { TableName: 'mqtt_client', Key: { clientid: s('c') } });

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

describe('a change of an item', () => {
  const OLD = client({ node: s('a') });
  const NEW = client({ node: s('b') });

  it('is made where the item is as it was read, and taken back', async () => {
    await remove();
    for (const [before, after] of [
      [undefined, OLD],
      [OLD, NEW],
      [NEW, undefined],
    ] as const) {
      const one = change(before, after);
      expect(await make(one)).toEqual({ made: true, units: expect.any(Number) as number });
      expect(await now()).toEqual(after);
      for (const back of reverse(one)) expect(await make(back)).toMatchObject({ made: true });
      expect(await now()).toEqual(before);
      await make(one);
    }
  });

  it('counts as made where it is made already', async () => {
    await put(NEW);
    expect(await make(change(OLD, NEW))).toEqual({ made: true, units: 0 });
    await remove();
    expect(await make(change(OLD, undefined))).toEqual({ made: true, units: 0 });
  });

  it.each<[string, Item | undefined, string]>([
    ['another value', client({ node: s('x') }), 'the item has changed meanwhile'],
    ['an attribute less', client(), 'the item has changed meanwhile'],
    ['an attribute of the backend more', client({ node: s('a'), offline_at: n(9) }), 'the item has changed meanwhile'],
    ['nothing', undefined, 'the item is gone'],
  ])('is not made where somebody left %s', async (_, there, why) => {
    await remove();
    if (there !== undefined) await put(there);
    expect(await make(change(OLD, NEW))).toEqual({ made: false, why });
    expect(await now()).toEqual(there);
  });

  it('sees an attribute that the backend added, and none is compared without end', async () => {
    const before = { clientid: s('c') };
    await put({ clientid: s('c'), connect_state: n(0), offline_at: n(1) });
    expect(await make(change(before, undefined))).toMatchObject({ made: false });
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, n(index)]));
    expect(await make(change({ ...client(), ...many }, undefined))).toEqual({
      made: false,
      why: 'the item has too many attributes to be compared',
    });
  });

  it('is made once and told as made when its first reply was lost', async () => {
    await put(OLD);
    let lost = false;
    const forgetful = killedAt(dynamo, {
      beside: async () => {
        // the first call was carried out, and is made again
        if (!lost) await put(NEW);
        lost = true;
      },
    });
    expect(await make(change(OLD, NEW), forgetful)).toEqual({ made: true, units: 0 });
    expect(await now()).toEqual(NEW);
  });

  it('compares and brings back any item: all types, any names', () =>
    fc.assert(
      fc.asyncProperty(anyItem(), anyItem(), async (one, other) => {
        // the embedded engine takes no empty strings inside of keys, and no more than 64 KB of names
        const [before, after] = [
          { ...one, clientid: s('c') },
          { ...other, clientid: s('c') },
        ];
        await put(before);
        expect(await make(change(before, after))).toMatchObject({ made: true });
        expect(sameItem(await now(), after)).toBe(true);
        for (const back of reverse(change(before, after))) expect(await make(back)).toMatchObject({ made: true });
        expect(sameItem(await now(), before)).toBe(true);
      }),
      { numRuns: 60 },
    ));

  it('goes past the document client, which would lose it, with an attribute called __proto__', async () => {
    const odd = Object.fromEntries([...Object.entries(client()), ['__proto__', s('x')]]);
    const calls: [string, unknown][] = [];
    const call = async (operation: string, input: unknown) => {
      calls.push([operation, input]);
      return {};
    };
    const use = () => Promise.reject(new Error('the document client was used'));
    expect(await make(change(undefined, odd), { call, use } as unknown as Dynamo)).toMatchObject({ made: true });
    expect(calls).toEqual([['PutItem', expect.objectContaining({ Item: odd }) as unknown]]);
  });
});

describe('a change of the ids of a topic', () => {
  const ids = (kind: 'add-ids' | 'take-ids', ...all: string[]): Change => ({
    kind,
    table: 'mqtt_topic_msg_map',
    topic: 't',
    ids: all,
  });
  const held = async () => (await scanAll(dynamo, 'mqtt_topic_msg_map')).map(({ MsgId }) => MsgId);

  it('leaves the other ids alone, and can be made twice', async () => {
    await make(ids('add-ids', 'a', 'b', 'c'));
    for (let times = 0; times < 2; times += 1) {
      expect(await make(ids('take-ids', 'a', 'b', 'x'))).toMatchObject({ made: true });
      expect(await held()).toEqual([{ SS: ['c'] }]);
    }
    await make(ids('take-ids', 'c'));
    expect(await held()).toEqual([undefined]);
  });

  it('makes no item by taking from one that is not there', async () => {
    const other: Change = { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic: 'none', ids: ['a'] };
    expect(await make(other)).toEqual({ made: true, units: 0 });
    expect(await scanAll(dynamo, 'mqtt_topic_msg_map')).toHaveLength(1);
  });

  it('is not made, and says why, where the set has no room', async () => {
    const id = (index: number) => String(index).padStart(47, '0');
    const most = Array.from({ length: 8_700 }, (_, index) => id(index));
    expect(await make({ ...ids('add-ids'), ids: most } as Change)).toMatchObject({ made: true });
    const more = Array.from({ length: 100 }, (_, index) => id(10_000 + index));
    expect(await make({ ...ids('add-ids'), ids: more } as Change)).toEqual({
      made: false,
      why: expect.stringMatching(/exceed/i) as string,
    });
  });
});
