import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dynamo, Operation } from '../../../src/dynamo/client.ts';
import { ServiceError } from '../../../src/dynamo/errors.ts';
import { connectTo } from '../../harness/memory-engine.ts';
import { goodReply, mutated } from '../../harness/strange-replies.ts';
import { REPLY_SHAPES } from '../../../src/dynamo/reply-shapes.ts';
import { startWireServer, type WireServer } from '../../harness/wire-server.ts';

const OPERATIONS = Object.keys(REPLY_SHAPES) as Operation[];
const RUNS = Number(process.env['MQDYN_TEST_REPLIES'] ?? 200);

let server: WireServer;
let dynamo: Dynamo;
let body: string;

beforeAll(async () => {
  server = await startWireServer();
  server.reply = () => ({ body });
  dynamo = connectTo(server.endpoint);
});
afterAll(async () => {
  dynamo.close();
  await server.close();
});

async function faultOf(operation: Operation, reply: string): Promise<string | undefined> {
  body = reply;
  const error = await dynamo.call(operation, { TableName: 'mqtt_msg' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return undefined;
  if (!(error instanceof ServiceError)) throw new Error('not a fault of the endpoint', { cause: error });
  expect([error.code, error.exit, error.fault]).toEqual(['E_PROTOCOL', 5, 'transient']);
  return error.message.replace(/^.* of another shape: /, '');
}

describe('a reply of another shape is reported with what is wrong (fault 14)', () => {
  it.each<[operation: Operation, reply: string, wrong: string]>([
    ['Scan', 'null', 'it is null, not an object'],
    ['Scan', '[]', 'it is a list, not an object'],
    ['Scan', '{"Items":{},"Count":0,"ScannedCount":0}', 'its Items is an object, not a list'],
    ['Scan', '{"Items":[null],"Count":1,"ScannedCount":1}', 'its Items[0] is null, not an item'],
    ['Scan', '{"Items":[{"a":{"M":null}}],"Count":1,"ScannedCount":1}', 'its Items[0].a.M is null, not an item'],
    ['Scan', '{"Items":[{"a":{"B":1}}],"Count":1,"ScannedCount":1}', 'its Items[0].a.B is 1, not a text'],
    ['Scan', '{"Items":[{"a b":{"N":"x"}}],"Count":1,"ScannedCount":1}', 'its Items[0]["a b"].N is a text, not a number as text'],
    ['Scan', '{"Items":[{"a":{"S":"","N":"1"}}],"Count":1,"ScannedCount":1}', 'its Items[0].a is not of one type'],
    ['Scan', '{"Items":[],"Count":1,"ScannedCount":1}', 'its Items has 0 items, Count says 1'],
    ['Query', '{"Items":[]}', 'its Count is missing'],
    ['GetItem', '{"Item":[]}', 'its Item is a list, not an item'],
    ['BatchGetItem', '{"Responses":{"t":{}}}', 'its Responses.t is an object, not a list'],
    ['BatchWriteItem', '{"UnprocessedItems":{"t":[{}]}}', 'its UnprocessedItems.t[0] is neither a put nor a delete'],
    ['DescribeTable', '{}', 'its Table is missing'],
    ['ListTables', '{"TableNames":[1]}', 'its TableNames[0] is 1, not a text'],
  ])('%s: %s', async (operation, reply, wrong) => {
    expect(await faultOf(operation, reply)).toBe(wrong);
  });

  it('however deep it is', async () => {
    const deep = (levels: number) => `{"Item":{"a":${'{"L":['.repeat(levels)}${']}'.repeat(levels)}}}`;
    expect(await faultOf('GetItem', deep(31))).toBe(undefined);
    expect(await faultOf('GetItem', deep(50_000))).toMatch(/^its …[^ ]+ is more than 64 levels deep$/);
  });

  it('a key without its definition, and a table that goes without any', async () => {
    const live = { TableName: 't', TableStatus: 'ACTIVE', KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }] };
    const lacking = { Table: { ...live, AttributeDefinitions: [] } };
    expect(await faultOf('DescribeTable', JSON.stringify(lacking))).toBe('its Table.AttributeDefinitions lacks a');
    expect(await faultOf('DescribeTable', '{"Table":{"TableName":"t","TableStatus":"DELETING"}}')).toBe(undefined);
  });

  it('what DynamoDB itself sends is taken: no body after tags, and null for what is not there', async () => {
    expect(await faultOf('TagResource', '')).toBe(undefined);
    body = '{"Items":[],"Count":0,"ScannedCount":0,"LastEvaluatedKey":null}';
    expect(await dynamo.call('Scan', { TableName: 't' })).toEqual({ Items: [], Count: 0, ScannedCount: 0 });
  });

  it.each(OPERATIONS)('%s: whatever the reply, it is taken or refused as a fault of the endpoint', async (operation) => {
    expect(await faultOf(operation, JSON.stringify(goodReply(operation, { TableName: 'mqtt_msg' })))).toBe(undefined);
    const replies = fc.oneof(fc.json(), mutated(goodReply(operation, { TableName: 'mqtt_msg' })));
    await fc.assert(
      fc.asyncProperty(replies, async (reply) => {
        await faultOf(operation, reply);
      }),
      { numRuns: RUNS },
    );
  });
});
