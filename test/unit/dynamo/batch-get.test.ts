import { describe, expect, it } from 'vitest';
import { s, textOf, type Item } from '../../../src/domain/item.ts';
import { batchGetRaw } from '../../../src/dynamo/batch-get.ts';
import type { Dynamo } from '../../../src/dynamo/client.ts';

type Input = { RequestItems: { t: { Keys: Item[] } } };

/** Answers at most so many keys of a call and returns the others as unprocessed, like a throttled table. */
function serving(most: (call: number) => number) {
  const calls: number[] = [];
  const dynamo = {
    async call(_: string, { RequestItems }: Input) {
      const { Keys } = RequestItems.t;
      expect(Keys.length).toBeLessThanOrEqual(100);
      expect(new Set(Keys.map((key) => JSON.stringify(key))).size).toBe(Keys.length);
      const room = most(calls.length);
      calls.push(Keys.length);
      const left = Keys.slice(room);
      return {
        Responses: { t: Keys.slice(0, room).filter((key) => textOf(key, 'id') !== 'missing') },
        ConsumedCapacity: [{ CapacityUnits: 0.5 }],
        ...(left.length === 0 ? {} : { UnprocessedKeys: { t: { Keys: left } } }),
      };
    },
  };
  return { dynamo: dynamo as unknown as Dynamo, calls };
}

const keys = (count: number) => Array.from({ length: count }, (_, at): Item => ({ id: s(`k${at}`) }));
const signal = new AbortController().signal;

describe('batchGet', () => {
  it('asks for a hundred keys at a time, each once', async () => {
    const { dynamo, calls } = serving(() => 100);
    const read = await batchGetRaw(dynamo, 't', [...keys(250), ...keys(250), { id: s('missing') }], signal);
    expect(calls).toEqual([100, 100, 51]);
    expect(read.items.length).toBe(250);
    expect(read.units).toBe(1.5);
  });

  it('reads again what DynamoDB leaves over, until every key is answered', async () => {
    const { dynamo, calls } = serving((call) => [30, 0, 60, 100][call] ?? 100);
    const read = await batchGetRaw(dynamo, 't', keys(100), signal);
    expect(calls).toEqual([100, 70, 70, 10]);
    expect(new Set(read.items.map((item) => textOf(item, 'id')))).toEqual(new Set(keys(100).map((key) => textOf(key, 'id'))));
    expect(read.items.length).toBe(100);
  });

  it('stops when it is asked to', async () => {
    const { dynamo } = serving(() => 0);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await expect(batchGetRaw(dynamo, 't', keys(3), stop.signal)).rejects.toThrow();
  });
});
