import type { Item } from '../domain/item.ts';

/** A Scan or Query in the service's own JSON. */
export type ReadInput = { TableName: string; Limit?: number; [member: string]: unknown };

export type ReadReply = {
  Items?: Item[];
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item;
  ConsumedCapacity?: Capacity;
};

export type Capacity = { CapacityUnits: number };

export type Keys = { Keys: Item[]; ConsistentRead?: boolean };

export type WriteRequest = { PutRequest: { Item: Item } } | { DeleteRequest: { Key: Item } };

export type UnprocessedItems = Record<string, WriteRequest[]>;

type Measured = { ReturnConsumedCapacity?: 'TOTAL' };

type Expressions = { [expression: string]: unknown } & Measured;

/** `Attributes` is the item as it was, where that was asked for. */
type SingleReply = { Attributes?: Item; ConsumedCapacity?: Capacity };

/** The operations of the raw door: what goes in and what comes back, in the service's own JSON. */
export type RawOperations = {
  Scan: { input: ReadInput; reply: ReadReply };
  Query: { input: ReadInput; reply: ReadReply };
  GetItem: {
    input: { TableName: string; Key: Item; ConsistentRead?: boolean; ProjectionExpression?: string } & Measured;
    reply: { Item?: Item; ConsumedCapacity?: Capacity };
  };
  BatchGetItem: {
    input: { RequestItems: Record<string, Keys> } & Measured;
    reply: { Responses?: Record<string, Item[]>; UnprocessedKeys?: Record<string, Keys>; ConsumedCapacity?: Capacity[] };
  };
  BatchWriteItem: {
    input: { RequestItems: Record<string, WriteRequest[]> } & Measured;
    reply: { UnprocessedItems?: UnprocessedItems; ConsumedCapacity?: Capacity[] };
  };
  PutItem: { input: { TableName: string; Item?: Item } & Expressions; reply: SingleReply };
  DeleteItem: { input: { TableName: string; Key?: Item } & Expressions; reply: SingleReply };
  UpdateItem: { input: { TableName: string; Key?: Item } & Expressions; reply: SingleReply };
};

export type RawOperation = keyof RawOperations;
