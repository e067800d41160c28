import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteMessages } from '../../../../src/app/mend/delete-messages.ts';
import { planPublish, publish } from '../../../../src/app/mend/publish.ts';
import type { Change } from '../../../../src/domain/changes/change.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import { s, setOf, textOf } from '../../../../src/domain/item.ts';
import type { Dynamo } from '../../../../src/dynamo/client.ts';
import { killedAt } from '../../../harness/killing-dynamo.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../../harness/memory-engine.ts';
import { Killed } from '../../../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const { signal } = new AbortController();
const contextOf = (through: Dynamo) => ({ dynamo: through, liveName: (table: string) => table, signal, now: () => 0 });
const OPTIONS = { rules: DEFAULT_RULES, timeUnit: 's', binaryPayload: 'reject' } as const;
const message = (topic: string, payload: string) => ({ topic, payload, sender: 'x', qos: 1, retain: true });
let ids: string[];

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(async () => {
  for (const [table, key] of [
    ['mqtt_msg', 'msgid'],
    ['mqtt_topic_msg_map', 'topic'],
    ['mqtt_retain', 'topic'],
  ] as const) {
    for (const item of await scanAll(dynamo, table))
      await dynamo.call('DeleteItem', { TableName: table, Key: { [key]: item[key]! } });
  }
  for (const topic of ['a', 'a', 'b']) await publish(contextOf(dynamo), planPublish(message(topic, 'p'), 1_000, OPTIONS));
  ids = (await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')!);
  expect(await dangling()).toEqual([]);
});

/** Ids in the map without their message. */
async function dangling(): Promise<string[]> {
  const stored = new Set((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')));
  const listed = (await scanAll(dynamo, 'mqtt_topic_msg_map')).flatMap((item) => setOf(item, 'MsgId'));
  return listed.filter((id) => !stored.has(id));
}

function died(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}

describe('an id and its message', () => {
  const cases = [1, 2, 3, 4, 5].flatMap((write) => [false, true].map((after) => [write, after] as const));

  it.each(cases)(
    'never part where deleting is killed at write %i (after it: %s), and run again it is done',
    async (write, after) => {
      const told: Change[] = [];
      const deleted = async (through: Dynamo) => {
        const outcomes: string[] = [];
        const before = async (change: Change) => void told.push(change);
        for await (const { outcome } of deleteMessages(contextOf(through), ids, undefined, before)) outcomes.push(outcome);
        return outcomes;
      };
      await deleted(killedAt(dynamo, { write, after })).catch(died);
      expect(await dangling()).toEqual([]);
      await deleted(dynamo);
      expect([await scanAll(dynamo, 'mqtt_msg'), await dangling()]).toEqual([[], []]);
      expect((await scanAll(dynamo, 'mqtt_topic_msg_map')).flatMap((item) => setOf(item, 'MsgId'))).toEqual([]);
      // what went was told before it went
      const gone = told.flatMap((change) => (change.kind === 'item' ? [textOf(change.before!, 'msgid')] : []));
      expect(new Set(gone)).toEqual(new Set(ids));
    },
  );

  it.each([1, 2, 3].flatMap((write) => [false, true].map((after) => [write, after] as const)))(
    'never part where publishing is killed at write %i (after it: %s)',
    async (write, after) => {
      const planned = planPublish(message('c', 'new'), 2_000, OPTIONS);
      await publish(contextOf(killedAt(dynamo, { write, after })), planned).catch(died);
      expect(await dangling()).toEqual([]);
    },
  );

  it('leave a topic together, in one update', async () => {
    const writes: Change[] = [];
    for await (const { queued } of deleteMessages(
      contextOf(dynamo),
      ids,
      undefined,
      async (change) => void writes.push(change),
    )) {
      expect(queued).toBe(true);
    }
    const taken = writes.filter(({ kind }) => kind === 'take-ids');
    expect(new Set(taken.map((change) => ('topic' in change ? `${change.topic} ${change.ids.length}` : '')))).toEqual(
      new Set(['a 2', 'b 1']),
    );
  });

  it('are told apart from a message that has changed meanwhile, which stays', async () => {
    const changing = killedAt(dynamo, {
      beside: async (write) => {
        if (write !== 1) return;
        const [first] = (await scanAll(dynamo, 'mqtt_msg')).filter((item) => textOf(item, 'msgid') === ids[0]);
        await dynamo.call('PutItem', { TableName: 'mqtt_msg', Item: { ...first!, payload: s('other') } });
      },
    });
    const outcomes = new Map<string, string>();
    const each = deleteMessages(contextOf(changing), ids, undefined, () => Promise.resolve());
    for await (const { msgid, outcome } of each) outcomes.set(msgid, outcome);
    expect(outcomes.get(ids[0]!)).toBe('changed');
    expect((await scanAll(dynamo, 'mqtt_msg')).map(({ payload }) => payload)).toEqual([s('other')]);
  });
});
