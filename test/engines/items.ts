import { GetItemCommand, PutItemCommand, ScanCommand, type AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import Delete from '../../src/commands/delete.ts';
import Get from '../../src/commands/get.ts';
import Publish from '../../src/commands/publish.ts';
import Put from '../../src/commands/put.ts';
import Rewind from '../../src/commands/rewind.ts';
import Update from '../../src/commands/update.ts';
import { isStill } from '../../src/domain/changes/condition.ts';
import { s, type AttributeValue, type Item } from '../../src/domain/item.ts';
import type { Workbench } from './workbench.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One value of each of the ten types, and the same one written otherwise. */
const VALUES: readonly [AttributeValue, AttributeValue][] = [
  [{ S: 'text' }, { S: 'text' }],
  [{ N: '12345678901234567890123456789012345678' }, { N: '12345678901234567890123456789012345678' }],
  [{ B: 'AAEC' }, { B: 'AAEC' }],
  [{ SS: ['a', 'b', 'c'] }, { SS: ['c', 'a', 'b'] }],
  [{ NS: ['1', '2', '30'] }, { NS: ['30', '1', '2'] }],
  [{ BS: ['AA==', 'AQ=='] }, { BS: ['AQ==', 'AA=='] }],
  [{ BOOL: false }, { BOOL: false }],
  [{ NULL: true }, { NULL: true }],
  [{ L: [{ S: 'a' }, { M: { b: { N: '1' } } }, { L: [] }] }, { L: [{ S: 'a' }, { M: { b: { N: '1' } } }, { L: [] }] }],
  [{ M: { 'a.b': { S: 'x' }, size: { SS: ['p', 'q'] } } }, { M: { size: { SS: ['q', 'p'] }, 'a.b': { S: 'x' } } }],
];

/** Single items by hand: conditions on what was read, and the way back. */
export function itemsSuite(bench: Workbench): void {
  const { differences, ask, run, done, itemsOf, folder, emptyTables } = bench;
  const KEY = { clientid: s('c') };

  describe('an item that still is as it was read', () => {
    beforeAll(emptyTables);

    /** Whether a put under the condition goes through; what it puts is what is there. */
    const holds = (there: Item, read: Item | undefined): Promise<boolean> =>
      ask(async (client) => {
        await client.send(new PutItemCommand({ TableName: 'mqtt_client', Item: wire(there) }));
        const { expression, placeholders } = isStill('mqtt_client', read)!;
        const { ExpressionAttributeNames, ExpressionAttributeValues } = placeholders.members();
        const condition = {
          ConditionExpression: expression,
          ...(ExpressionAttributeNames === undefined ? {} : { ExpressionAttributeNames }),
          ...(ExpressionAttributeValues === undefined ? {} : { ExpressionAttributeValues: wire(ExpressionAttributeValues) }),
        };
        const sent = client.send(new PutItemCommand({ TableName: 'mqtt_client', Item: wire(there), ...condition }));
        return sent.then(
          () => true,
          (error: Error) => {
            if (error.name !== 'ConditionalCheckFailedException') throw error;
            return false;
          },
        );
      });

    it.each(VALUES)('is found so by %j, written as %j too', async (value, otherwise) => {
      expect(await holds({ ...KEY, value }, { ...KEY, value })).toBe(true);
      expect(await holds({ ...KEY, value }, { ...KEY, value: otherwise })).toBe(true);
      expect(await holds({ ...KEY, value }, { ...KEY, value: s('another') })).toBe(false);
      expect(await holds({ ...KEY }, { ...KEY, value })).toBe(false);
    });

    it.each<[AttributeValue, AttributeValue]>([
      [{ SS: ['a', 'b'] }, { SS: ['a', 'c'] }],
      [{ SS: ['a', 'b'] }, { SS: ['a'] }],
      [{ L: [s('a'), s('b')] }, { L: [s('b'), s('a')] }],
      [{ L: [s('a'), s('b')] }, { L: [s('a')] }],
      [{ M: { a: s('x') } }, { M: { a: s('y') } }],
      [{ M: { a: s('x'), b: s('y') } }, { M: { a: s('x') } }],
      [{ M: {} }, { L: [] }],
      [{ N: '12345678901234567890123456789012345678' }, { N: '12345678901234567890123456789012345679' }],
      [{ N: '1' }, { S: '1' }],
    ])('is not found so: %j is not %j', async (value, other) => {
      expect(await holds({ ...KEY, value }, { ...KEY, value: other })).toBe(false);
      expect(await holds({ ...KEY, value: other }, { ...KEY, value })).toBe(false);
    });

    it('is found so with an empty text, where the engine takes one', async () => {
      const empty = { ...KEY, node: s('') };
      if (differences.refusesEmptyStrings) await expect(holds(empty, empty)).rejects.toThrow(/empty/);
      else expect([await holds(empty, empty), await holds(empty, KEY), await holds(KEY, empty)]).toEqual([true, false, false]);
    });

    it('is another with an attribute of the backend more, and where there is one at all', async () => {
      expect(await holds({ ...KEY, offline_at: { N: '1' } }, KEY)).toBe(false);
      expect(await holds(KEY, undefined)).toBe(false);
    });
  });

  describe('items by hand', () => {
    beforeAll(emptyTables);

    it('are put, changed and deleted, and each comes back from what was printed', async () => {
      const ITEM = '{"clientid":"c","topic":"t","qos":1,"big":12345678901234567890123456789012345678}';
      await done(Put, ['mqtt_sub', ITEM]);
      const updated = await run(Update, ['mqtt_sub', 'c', 't', '--set', 'qos=2', '--set', 'note={"M":{"a":{"L":[{"N":"1"}]}}}']);
      expect(await itemsOf('mqtt_sub')).toMatchObject([{ qos: { N: '2' }, note: { M: { a: { L: [{ N: '1' }] } } } }]);
      const deleted = await run(Delete, ['mqtt_sub', 'c', 't', '--if', 'qos = 2']);
      expect(await itemsOf('mqtt_sub')).toEqual([]);
      await done(Put, ['mqtt_sub', '-'], { stdin: deleted.stdout });
      const replaced = await run(Put, ['mqtt_sub', '-'], { stdin: updated.stdout });
      expect(replaced.stdout).toBe(deleted.stdout);
      expect((await run(Get, ['mqtt_sub', 'c', 't', '--json'])).stdout).toBe(`${ITEM}\n`);
      expect((await run(Update, ['mqtt_sub', 'c', 'none', '--set', 'qos=1'])).code).toBe(1);
      expect((await run(Update, ['mqtt_sub', 'c', 't', '--set', 'qos=1', '--if', 'qos = 2'])).code).toBe(1);
      expect((await run(Put, ['mqtt_sub', ITEM, '--if-absent'])).code).toBe(1);
    });

    it('as messages come and go with their ids, and back', async () => {
      const ids: string[] = [];
      for (const payload of ['one', 'two']) ids.push((await run(Publish, ['plant/a', payload])).stdout.trimEnd());
      const before = [await itemsOf('mqtt_msg'), await sets()];
      const { stdout } = await run(Delete, ['messages', ...ids]);
      expect([await itemsOf('mqtt_msg'), await itemsOf('mqtt_topic_msg_map')]).toEqual([[], [{ topic: { S: 'plant/a' } }]]);
      const path = join(folder, 'undo.jsonl');
      writeFileSync(path, stdout, { mode: 0o600 });
      expect(await done(Rewind, [path, '--yes'])).toEqual({ items: [], count: 0, takenBack: 3, left: 0 });
      expect([await itemsOf('mqtt_msg'), await sets()]).toEqual(before);
    });

    it('leave no topic behind by taking ids from one that is not there', async () => {
      const id = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
      expect((await run(Update, ['mqtt_topic_msg_map', 'none', '--take', `MsgId=${id}`])).code).toBe(1);
      const read = new GetItemCommand({ TableName: 'mqtt_topic_msg_map', Key: { topic: { S: 'none' } } });
      expect((await ask((client) => client.send(read))).Item).toBeUndefined();
    });
  });

  async function sets(): Promise<unknown> {
    const { Items = [] } = await ask((client) => client.send(new ScanCommand({ TableName: 'mqtt_topic_msg_map' })));
    return Items.map(({ topic, MsgId }) => [topic, MsgId?.SS?.toSorted()]);
  }
}

/** The SDK takes bytes. */
function wire(item: Item): Record<string, SdkValue> {
  return JSON.parse(JSON.stringify(item), (name, value: unknown) => {
    if (name === 'B' && typeof value === 'string') return Buffer.from(value, 'base64');
    return name === 'BS' && Array.isArray(value) ? (value as string[]).map((each) => Buffer.from(each, 'base64')) : value;
  }) as Record<string, SdkValue>;
}
