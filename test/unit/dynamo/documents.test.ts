import fc from 'fast-check';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../../src/domain/item.ts';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { deleteItem, getItem, getItems, putItem, queryItems } from '../../../src/dynamo/documents.ts';
import { itemOf } from '../../../src/dynamo/item-of.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../../harness/memory-engine.ts';
import { startWireServer } from '../../harness/wire-server.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const { signal } = new AbortController();

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

const text = fc.string({ unit: 'grapheme' });
const digits = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('12345678901234567890123456789012345678', '-0.1', '1e-130', '9.9999999999999999999999999999999999999e125'),
);
const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
const setOf = <T>(element: fc.Arbitrary<T>) => fc.uniqueArray(element, { minLength: 1, maxLength: 4 });

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ S: text }),
    fc.record({ N: digits }),
    fc.record({ B: base64 }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true }),
    fc.record({ SS: setOf(text) }),
    fc.record({ NS: setOf(digits) }),
    fc.record({ BS: setOf(base64) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }) }),
  ),
}));
const item: fc.Arbitrary<Item> = fc.dictionary(text, value, { maxKeys: 5, noNullPrototype: true });

/** As the wire gives it to the SDK's deserializer. */
function native(typed: AttributeValue): object {
  if ('B' in typed) return { B: Buffer.from(typed.B, 'base64') };
  if ('BS' in typed) return { BS: typed.BS.map((bytes) => Buffer.from(bytes, 'base64')) };
  if ('L' in typed) return { L: typed.L.map(native) };
  if ('M' in typed) return { M: natives(typed.M) };
  return typed;
}

const natives = (typed: Item) => Object.fromEntries(Object.entries(typed).map(([name, one]) => [name, native(one)]));

describe('an item that went through the document client', () => {
  it('has every digit, element and byte that it had', () => {
    fc.assert(
      fc.property(item, (typed) => {
        fc.pre(!JSON.stringify(typed).includes('__proto__'));
        expect(itemOf(unmarshall(natives(typed) as never, { wrapNumbers: true }))).toEqual(typed);
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes back from an engine as it was', async () => {
    const stored: Item = {
      topic: { S: 't' },
      MsgId: { SS: ['b', 'a'] },
      many: { N: '12345678901234567890123456789012345678' },
      bytes: { B: 'AAH/' },
      empty: { S: '' },
      list: { L: [{ NULL: true }, { M: { on: { BOOL: false } } }] },
    };
    await dynamo.call('BatchWriteItem', { RequestItems: { mqtt_topic_msg_map: [{ PutRequest: { Item: stored } }] } });
    const expected = { ...stored, MsgId: { SS: ['a', 'b'] } };
    const sorted = (one: Item) => ({ ...one, MsgId: { SS: (one['MsgId'] as { SS: string[] }).SS.toSorted() } });
    expect((await getItem(dynamo, 'mqtt_topic_msg_map', { topic: 't' }, signal)).items.map(sorted)).toEqual([expected]);
    const { items } = await getItems(dynamo, 'mqtt_topic_msg_map', [{ topic: 't' }, { topic: 'none' }], signal);
    expect(items.map(sorted)).toEqual([expected]);
  });

  it('may lose an attribute called __proto__, which the raw way keeps', async () => {
    const server = await startWireServer();
    server.reply = () => ({ body: '{"Item":{"topic":{"S":"p"},"__proto__":{"S":"kept"}}}' });
    const connected = connectTo(server.endpoint);
    const { items } = await getItem(connected, 'mqtt_topic_msg_map', { topic: 'p' }, signal);
    expect(Object.keys(items[0]!)).toEqual(['topic']);
    const raw = await connected.call('GetItem', { TableName: 'mqtt_topic_msg_map', Key: { topic: { S: 'p' } } });
    expect(Object.keys(raw.Item!).sort()).toEqual(['__proto__', 'topic']);
    connected.close();
    await server.close();
  });
});

describe('single writes', () => {
  it('store, replace and take away an item', async () => {
    const all = async () => {
      const rows: Item[] = [];
      for await (const page of queryItems(dynamo, 'mqtt_sub', ['clientid', 'c'], signal)) rows.push(...page.items);
      return rows;
    };
    await putItem(dynamo, 'mqtt_sub', { clientid: 'c', topic: 'a', qos: 0 }, signal);
    await putItem(dynamo, 'mqtt_sub', { clientid: 'c', topic: 'a', qos: 1 }, signal);
    await putItem(dynamo, 'mqtt_sub', { clientid: 'c', topic: 'b', qos: 2 }, signal);
    await deleteItem(dynamo, 'mqtt_sub', { clientid: 'c', topic: 'b' }, signal);
    await deleteItem(dynamo, 'mqtt_sub', { clientid: 'c', topic: 'none' }, signal);
    expect(await all()).toEqual([{ clientid: { S: 'c' }, topic: { S: 'a' }, qos: { N: '1' } }]);
  });
});
