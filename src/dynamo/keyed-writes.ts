import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
  type DeleteCommandInput,
  type PutCommandInput,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Placeholders } from '../domain/expression/placeholders.ts';
import type { Item } from '../domain/item.ts';
import type { Dynamo } from './client.ts';
import { TRANSLATION } from './documents.ts';
import { isService } from './errors.ts';
import { documentOf, hasPrototypeName } from './document-of.ts';
import { itemOf } from './item-of.ts';
import { retriedFor } from './retry.ts';

/** A write of one item, everything in it in DynamoDB's own JSON. Names and values of its expressions stand in `placeholders`. */
export type KeyedWrite = ({ put: Item } | { delete: Item } | { update: Item; expression: string }) & {
  condition?: string | undefined;
  placeholders?: Placeholders | undefined;
};

/** What became of it: the item as it was before, undefined where there was none; or the condition did not hold, and nothing was done. */
export type KeyedOutcome = { done: true; old: Item | undefined; units: number } | { done: false };

/** So long a table that throttles, or an endpoint that does not answer, is given time. */
const RETRY_FOR_MS = 30_000;

/**
 * Makes one write. A call without a clear reply is made again, so a condition that the write itself makes false may be told as
 * not held although the first call was carried out: whoever writes under such a condition reads the item before saying so.
 */
export async function writeItem(
  dynamo: Dynamo,
  TableName: string,
  write: KeyedWrite,
  signal: AbortSignal,
): Promise<KeyedOutcome> {
  try {
    return await retriedFor(RETRY_FOR_MS, () => send(dynamo, TableName, write, signal), signal);
  } catch (error) {
    if (isService(error, 'ConditionalCheckFailedException')) return { done: false };
    throw error;
  }
}

async function send(dynamo: Dynamo, TableName: string, write: KeyedWrite, signal: AbortSignal): Promise<KeyedOutcome> {
  const { ExpressionAttributeNames, ExpressionAttributeValues } = write.placeholders?.members() ?? {};
  const common = {
    TableName,
    ReturnValues: 'ALL_OLD',
    ReturnConsumedCapacity: 'TOTAL',
    ...(write.condition === undefined ? {} : { ConditionExpression: write.condition }),
    ...(ExpressionAttributeNames === undefined ? {} : { ExpressionAttributeNames }),
  } as const;
  const subject = 'put' in write ? { Item: write.put } : { Key: 'delete' in write ? write.delete : write.update };
  const expression = 'update' in write ? { UpdateExpression: write.expression } : {};
  const operation = 'put' in write ? 'PutItem' : 'delete' in write ? 'DeleteItem' : 'UpdateItem';
  const typed = { ...subject, ...(ExpressionAttributeValues === undefined ? {} : { ExpressionAttributeValues }) };
  // the document client loses an attribute of this name
  if (hasPrototypeName(typed)) {
    const { Attributes, ConsumedCapacity } = await dynamo.call(operation, { ...common, ...expression, ...typed }, signal);
    return { done: true, old: Attributes, units: ConsumedCapacity?.CapacityUnits ?? 0 };
  }
  const plain = Object.fromEntries(Object.entries(typed).map(([member, item]) => [member, documentOf(item)]));
  const input = { ...common, ...expression, ...plain };
  const reply = await dynamo.use((client, stop) => {
    const documents = DynamoDBDocumentClient.from(client, TRANSLATION);
    if ('put' in write) return documents.send(new PutCommand(input as unknown as PutCommandInput), stop);
    if ('delete' in write) return documents.send(new DeleteCommand(input as unknown as DeleteCommandInput), stop);
    return documents.send(new UpdateCommand(input as unknown as UpdateCommandInput), stop);
  }, signal);
  return {
    done: true,
    old: reply.Attributes === undefined ? undefined : itemOf(reply.Attributes),
    units: reply.ConsumedCapacity?.CapacityUnits ?? 0,
  };
}
