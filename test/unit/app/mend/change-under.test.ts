import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeUnder } from '../../../../src/app/mend/change-under.ts';
import { openItemTable, type ItemTable } from '../../../../src/app/mend/item-table.ts';
import { updateItem } from '../../../../src/app/mend/update-item.ts';
import { parseUpdate } from '../../../../src/domain/changes/update.ts';
import { n, numberOf, s, setOf, textOf, type Item } from '../../../../src/domain/item.ts';
import { sameItem } from '../../../../src/domain/same-item.ts';
import type { Dynamo } from '../../../../src/dynamo/client.ts';
import { anyItem } from '../../../harness/any-item.ts';
import { killedAt } from '../../../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../../harness/memory-engine.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
let clients: ItemTable;
let maps: ItemTable;
const { signal } = new AbortController();
const contextOf = (through: Dynamo) => ({ dynamo: through, liveName: (table: string) => table, signal, now: () => 0 });
const KEY = { clientid: s('c') };

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  clients = await openItemTable(contextOf(dynamo), 'mqtt_client');
  maps = await openItemTable(contextOf(dynamo), 'mqtt_topic_msg_map');
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

const client = (count: number): Item => ({ ...KEY, connect_state: n(1), offline_at: n(count) });
const put = (item: Item) => dynamo.call('PutItem', { TableName: 'mqtt_client', Item: item });
const now = async () => (await scanAll(dynamo, 'mqtt_client'))[0];
const update = (set: string[]) =>
  parseUpdate({ set, remove: [], add: [], take: [] }, { known: clients.known, keys: ['clientid'] });

/** Somebody who counts offline_at up on the item as it is, before so many of our writes. */
function counting(writes: number): Dynamo & { writes: number } {
  return killedAt(dynamo, {
    beside: async (write) => {
      if (write <= writes) await put({ ...(await now())!, offline_at: n(Number(numberOf((await now())!, 'offline_at')) + 1) });
    },
  });
}

const OPTIONS = { demand: undefined, create: false, check: true };

describe('a change beside whom somebody else writes', () => {
  it.each([0, 1, 2, 7, 19])(
    'loses nothing of theirs after %i races, and tells the item as it was right before',
    async (races) => {
      await put(client(0));
      const changed = await updateItem(contextOf(counting(races)), clients, KEY, update(['node=mine']), OPTIONS);
      expect(changed).toEqual({ made: true, before: client(races) });
      expect(await now()).toEqual({ ...client(races), node: s('mine') });
    },
  );

  it('gives up where it would never win, having done nothing', async () => {
    await put(client(0));
    const never = updateItem(contextOf(counting(Infinity)), clients, KEY, update(['node=mine']), OPTIONS);
    await expect(never).rejects.toMatchObject({ code: 'E_THROTTLED', exit: 5 });
    expect(textOf((await now())!, 'node')).toBeUndefined();
  });

  it('is not made where the condition no longer holds after a race', async () => {
    await put(client(0));
    const demand = (placeholders: { name(text: string): string; value(value: object): string }) =>
      `${placeholders.name('offline_at')} = ${placeholders.value({ N: '0' })}`;
    const changed = await updateItem(contextOf(counting(1)), clients, KEY, update(['node=mine']), {
      ...OPTIONS,
      demand,
    });
    expect(changed).toEqual({ made: false, why: '--if does not hold' });
    expect(await now()).toEqual(client(1));
  });

  it('is made once although its first reply was lost, and still tells the item before it', async () => {
    await put(client(0));
    const after = { ...client(0), node: s('mine') };
    let lost = false;
    const forgetful = killedAt(dynamo, {
      beside: async () => {
        if (!lost) await put(after);
        lost = true;
      },
    });
    const changed = await updateItem(contextOf(forgetful), clients, KEY, update(['node=mine']), OPTIONS);
    expect(changed).toEqual({ made: true, before: client(0) });
    expect(forgetful.writes).toBe(1);
  });

  it('tells the set before ids were added although the reply was lost', async () => {
    const Key = { topic: s('t') };
    const id = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
    const add = parseUpdate({ set: [], remove: [], add: [`MsgId=${id}`], take: [] }, { known: maps.known, keys: ['topic'] });
    await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: Key });
    const early = killedAt(dynamo, {
      beside: async () => {
        await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: { ...Key, MsgId: { SS: [id] } } });
      },
    });
    expect(await updateItem(contextOf(early), maps, Key, add, OPTIONS)).toEqual({ made: true, before: Key });
    // ids that come at the same time stay
    const other = killedAt(dynamo, {
      beside: async () => {
        await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: { ...Key, MsgId: { SS: ['theirs'] } } });
      },
    });
    const changed = await updateItem(contextOf(other), maps, Key, add, OPTIONS);
    expect(changed).toEqual({ made: true, before: { ...Key, MsgId: { SS: ['theirs'] } } });
    expect(setOf((await scanAll(dynamo, 'mqtt_topic_msg_map'))[0]!, 'MsgId').toSorted()).toEqual([id, 'theirs'].toSorted());
  });

  it('tells any item that it replaces so that it can be put back, whatever else is in it', () =>
    fc.assert(
      fc.asyncProperty(anyItem(), anyItem(), async (one, other) => {
        const [before, after] = [
          { ...one, ...KEY },
          { ...other, ...KEY },
        ];
        await put(before);
        const changed = await changeUnder(contextOf(dynamo), clients, KEY, () => ({ after }));
        expect(changed.made && sameItem(changed.before, before)).toBe(true);
        expect(sameItem(await now(), after)).toBe(true);
        await changeUnder(contextOf(dynamo), clients, KEY, () => ({ after: before }));
        expect(sameItem(await now(), before)).toBe(true);
      }),
      { numRuns: 20 },
    ));
});
