import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idsWrite } from '../../../src/domain/hooks/ids-write.ts';
import { afterWrite } from '../../../src/domain/hooks/table-state.ts';
import type { IdChange } from '../../../src/domain/hooks/write.ts';
import { itemBytes, MAX_ITEM_BYTES, s, setOf, type Item } from '../../../src/domain/item.ts';
import { allOf, changeIds } from '../../../src/dynamo/change-ids.ts';
import { ServiceError } from '../../../src/dynamo/errors.ts';

const KEY = { topic: s('t') };

/** A topic's item as DynamoDB keeps it, so long that only `room` ids of one byte more fit. */
class Topic {
  readonly others: string;
  ids: Set<string>;
  updates = 0;
  private readonly reads: 'right' | 'denied' | 'old';

  constructor(ids: readonly string[], room: number, reads: Topic['reads'] = 'right') {
    this.others = 'x'.repeat(MAX_ITEM_BYTES - itemBytes({ ...KEY, o: s(''), MsgId: { SS: [...ids] } }) - room);
    this.ids = new Set(ids);
    this.reads = reads;
  }

  get item(): Item {
    return { ...KEY, o: s(this.others), MsgId: { SS: [...this.ids] } };
  }

  async update(expression: object): Promise<void> {
    const { UpdateExpression: verb, ExpressionAttributeValues: values } = expression as {
      UpdateExpression: string;
      ExpressionAttributeValues: { ':ids': { SS: string[] } };
    };
    this.updates += 1;
    const after = new Set(this.ids);
    for (const id of values[':ids'].SS) {
      if (verb.startsWith('ADD')) after.add(id);
      else after.delete(id);
    }
    if (itemBytes({ ...this.item, MsgId: { SS: [...after] } }) > MAX_ITEM_BYTES) {
      const serviceMessage = 'Item size to update has exceeded the maximum allowed size';
      throw new ServiceError('E_USAGE', serviceMessage, {
        service: 'ValidationException',
        fault: 'rejected',
        serviceMessage,
        cause: undefined,
      });
    }
    this.ids = after;
  }

  async read(): Promise<{ Item?: Item } | undefined> {
    if (this.reads === 'denied') return undefined;
    return this.reads === 'old' ? {} : { Item: this.item };
  }

  moved(): void {}
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const log = fc
  .array(fc.tuple(id, fc.constantFrom('add' as const, 'remove' as const)), { minLength: 1, maxLength: 14 })
  .map((changes) => changes.map(([name, change], event): IdChange => ({ id: name, change, event })));

async function outcomeOf(topic: Topic, changes: readonly IdChange[]): Promise<number[]> {
  const write = idsWrite('mqtt_topic_msg_map', KEY, changes);
  const refused = await changeIds(write, allOf(write), topic);
  return refused.map(({ event }) => event).sort((a, b) => a - b);
}

const lastOf = (changes: readonly IdChange[]) => new Map(changes.map((one) => [one.id, one]));

describe('changes of a topic whose set is nearly full', () => {
  it('leave the same ids and refuse the same events as one change after the other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id),
        fc.nat({ max: 4 }),
        fc.constantFrom('right' as const, 'denied' as const),
        log,
        async (before, room, reads, changes) => {
          const topic = new Topic(before, room, reads);
          const { item, refused } = afterWrite(topic.item, idsWrite('mqtt_topic_msg_map', KEY, changes));
          const last = new Set([...lastOf(changes).values()].map(({ event }) => event));
          expect(await outcomeOf(topic, changes)).toEqual(refused.filter((event) => last.has(event)));
          expect([...topic.ids].sort()).toEqual(setOf(item!, 'MsgId').toSorted());
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never add more than fits, and end, even when the read of it was wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(id), fc.nat({ max: 4 }), log, async (before, room, changes) => {
        const topic = new Topic(before, room, 'old');
        const refused = await outcomeOf(topic, changes);
        for (const { id: name, change: last, event } of lastOf(changes).values()) {
          if (last === 'remove' || !refused.includes(event)) expect(topic.ids.has(name)).toBe(last === 'add');
        }
      }),
    );
  });

  it('take a handful of calls, however many ids have no room', async () => {
    const topic = new Topic([], 10);
    const changes = Array.from({ length: 500 }, (_, event): IdChange => ({ id: String(event), change: 'add', event }));
    const refused = await outcomeOf(topic, changes);
    expect([topic.ids.size, refused.length, topic.updates]).toEqual([10, 490, 2]);
  });
});
