import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type NativeAttributeValue,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import { batchGet, unitsOf, type BatchRead } from './batch-get.ts';
import type { Dynamo } from './client.ts';
import { notAdvancing } from './errors.ts';
import { itemOf } from './item-of.ts';
import type { Page } from './pages.ts';

/** An item in plain values: texts, numbers, sets, bytes. */
export type Document = Record<string, NativeAttributeValue>;

/** Numbers keep their 38 digits: JavaScript's own have 16. */
export const TRANSLATION = { unmarshallOptions: { wrapNumbers: true } };

function documentsOf(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, TRANSLATION);
}

/** The item under a full key. An attribute called `__proto__` is lost on this way: who shows every attribute reads raw. */
export async function getItem(dynamo: Dynamo, TableName: string, Key: Document, signal: AbortSignal): Promise<BatchRead> {
  const command = new GetCommand({ TableName, Key, ReturnConsumedCapacity: 'TOTAL' });
  const reply = await dynamo.use((client, stop) => documentsOf(client).send(command, stop), signal);
  const items = reply.Item === undefined ? [] : [itemOf(reply.Item)];
  return { items, units: reply.ConsumedCapacity?.CapacityUnits ?? 0 };
}

/** The items under many keys, in no particular order; keys without an item are left out. */
export async function getItems(
  dynamo: Dynamo,
  TableName: string,
  keys: readonly Document[],
  signal: AbortSignal,
): Promise<BatchRead> {
  return batchGet(
    keys,
    async (Keys) => {
      const command = new BatchGetCommand({ RequestItems: { [TableName]: { Keys } }, ReturnConsumedCapacity: 'TOTAL' });
      const reply = await dynamo.use((client, stop) => documentsOf(client).send(command, stop), signal);
      return {
        items: (reply.Responses?.[TableName] ?? []).map(itemOf),
        left: reply.UnprocessedKeys?.[TableName]?.Keys ?? [],
        units: unitsOf(reply.ConsumedCapacity),
      };
    },
    { table: TableName, signal },
  );
}

/** The items of one partition key, `[attribute, value]`, page by page. */
export async function* queryItems(
  dynamo: Dynamo,
  TableName: string,
  [attribute, value]: readonly [string, string],
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const input = {
    TableName,
    KeyConditionExpression: '#key = :key',
    ExpressionAttributeNames: { '#key': attribute },
    ExpressionAttributeValues: { ':key': value },
  };
  let start: QueryCommandOutput['LastEvaluatedKey'];
  do {
    const command = new QueryCommand({ ...input, ExclusiveStartKey: start, ReturnConsumedCapacity: 'TOTAL' });
    const reply = await dynamo.use((client, stop) => documentsOf(client).send(command, stop), signal);
    const { Items = [], Count = 0, ScannedCount = 0, ConsumedCapacity, LastEvaluatedKey: next } = reply;
    if (start !== undefined && JSON.stringify(next) === JSON.stringify(start)) throw notAdvancing(`Query of ${TableName}`);
    start = next;
    yield { items: Items.map(itemOf), count: Count, scanned: ScannedCount, units: ConsumedCapacity?.CapacityUnits ?? 0 };
  } while (start !== undefined);
}

/** Stores an item in the place of whatever has its key. */
export async function putItem(dynamo: Dynamo, TableName: string, document: Document, signal: AbortSignal): Promise<void> {
  const command = new PutCommand({ TableName, Item: document });
  await dynamo.use((client, stop) => documentsOf(client).send(command, stop), signal);
}

/** Takes an item away; one that is not there is no fault. */
export async function deleteItem(dynamo: Dynamo, TableName: string, Key: Document, signal: AbortSignal): Promise<void> {
  const command = new DeleteCommand({ TableName, Key });
  await dynamo.use((client, stop) => documentsOf(client).send(command, stop), signal);
}
