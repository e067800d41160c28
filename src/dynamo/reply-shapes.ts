import { isObject } from '../domain/json/object.ts';
import { allOf, anyObject, count, flag, item, listOf, mapOf, number, objectOf, oneOf, text, type Shape } from './shapes.ts';
import { JOB_SHAPES } from './job-shapes.ts';

const capacity = objectOf({ CapacityUnits: count });
const capacities = listOf(capacity);

const keyElements = allOf(listOf(objectOf({ AttributeName: text, KeyType: oneOf('HASH', 'RANGE') })), (value) =>
  Array.isArray(value) && value.length > 0 ? undefined : ' is empty',
);
const attributes = listOf(objectOf({ AttributeName: text, AttributeType: oneOf('S', 'N', 'B') }));
const throughput = objectOf({}, { ReadCapacityUnits: count, WriteCapacityUnits: count });
const limits = objectOf({}, { MaxReadRequestUnits: number, MaxWriteRequestUnits: number });
const index = objectOf(
  { IndexName: text, KeySchema: keyElements, Projection: objectOf({}, { ProjectionType: text, NonKeyAttributes: listOf(text) }) },
  { IndexStatus: text, Backfilling: flag, ProvisionedThroughput: throughput, OnDemandThroughput: limits },
);

const liveTable = allOf(
  objectOf(
    { TableName: text, TableStatus: text, KeySchema: keyElements, AttributeDefinitions: attributes },
    {
      TableId: text,
      TableArn: text,
      ProvisionedThroughput: throughput,
      OnDemandThroughput: limits,
      BillingModeSummary: objectOf({}, { BillingMode: text }),
      ItemCount: count,
      TableSizeBytes: count,
      CreationDateTime: count,
      DeletionProtectionEnabled: flag,
      GlobalSecondaryIndexes: listOf(index),
      LocalSecondaryIndexes: listOf(index),
      StreamSpecification: objectOf({ StreamEnabled: flag }, { StreamViewType: text }),
      TableClassSummary: objectOf({}, { TableClass: text }),
      SSEDescription: objectOf({}, { Status: text, SSEType: text, KMSMasterKeyArn: text }),
      ArchivalSummary: objectOf({}, { ArchivalReason: text }),
    },
  ),
  keysAreDefined,
);

/** A table that goes may have lost its keys already. Source: DynamoDB API reference, DeleteTable. */
const table: Shape = (value) => {
  if (isObject(value) && value['TableStatus'] === 'DELETING') return objectOf({ TableName: text, TableStatus: text })(value);
  return liveTable(value);
};

type Keyed = { KeySchema: { AttributeName: string }[] };

/** What the shape has made sure of already. */
type LiveKeys = Keyed & { AttributeDefinitions: { AttributeName: string }[] } & {
  [indexes in 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes']?: Keyed[];
};

function keysAreDefined(value: unknown): string | undefined {
  const live: LiveKeys = Object(value);
  const defined = new Set(live.AttributeDefinitions.map(({ AttributeName }) => AttributeName));
  const keyed = [live, ...(live.GlobalSecondaryIndexes ?? []), ...(live.LocalSecondaryIndexes ?? [])];
  const missing = keyed.flatMap(({ KeySchema }) => KeySchema).find(({ AttributeName }) => !defined.has(AttributeName));
  return missing === undefined ? undefined : `.AttributeDefinitions lacks ${missing.AttributeName}`;
}

const page = allOf(
  objectOf({ Count: count, ScannedCount: count }, { Items: listOf(item), LastEvaluatedKey: item, ConsumedCapacity: capacity }),
  (value) => {
    const { Items, Count }: { Items?: unknown[]; Count: number } = Object(value);
    return Items === undefined || Items.length === Count ? undefined : `.Items has ${Items.length} items, Count says ${Count}`;
  },
);

const writeRequest = allOf(
  objectOf({}, { PutRequest: objectOf({ Item: item }), DeleteRequest: objectOf({ Key: item }) }),
  (value) => (Object.keys(Object(value)).length === 1 ? undefined : ' is neither a put nor a delete'),
);

const singleWrite = objectOf({}, { Attributes: item, ConsumedCapacity: capacity });

/** Source: DynamoDB API reference, TagResource: "an HTTP 200 response with an empty HTTP body". */
export const nothing: Shape = () => undefined;

/** What the program relies on in the reply to each operation. */
export const REPLY_SHAPES: { readonly [operation: string]: Shape } = {
  BatchGetItem: objectOf(
    {},
    {
      Responses: mapOf(listOf(item)),
      UnprocessedKeys: mapOf(objectOf({ Keys: listOf(item) })),
      ConsumedCapacity: capacities,
    },
  ),
  BatchWriteItem: objectOf({}, { UnprocessedItems: mapOf(listOf(writeRequest)), ConsumedCapacity: capacities }),
  DeleteItem: singleWrite,
  DescribeContinuousBackups: objectOf(
    {},
    {
      ContinuousBackupsDescription: objectOf(
        {},
        { PointInTimeRecoveryDescription: objectOf({}, { PointInTimeRecoveryStatus: text, RecoveryPeriodInDays: count }) },
      ),
    },
  ),
  DescribeTable: objectOf({ Table: table }),
  DescribeTimeToLive: objectOf({}, { TimeToLiveDescription: objectOf({}, { TimeToLiveStatus: text, AttributeName: text }) }),
  GetItem: objectOf({}, { Item: item, ConsumedCapacity: capacity }),
  ListTables: objectOf({ TableNames: listOf(text) }, { LastEvaluatedTableName: text }),
  ListTagsOfResource: objectOf({}, { Tags: listOf(objectOf({ Key: text, Value: text })), NextToken: text }),
  PutItem: singleWrite,
  Query: page,
  Scan: page,
  TagResource: nothing,
  UntagResource: nothing,
  UpdateItem: singleWrite,
  ...JOB_SHAPES,
};

/** What a reply to an operation has to be; for operations that nothing is taken from, an object. */
export function shapeOfReply(operation: string): Shape {
  return REPLY_SHAPES[operation] ?? anyObject;
}
