import fc from 'fast-check';
import { KEYS, TABLES, type TableName } from '../../src/domain/records/tables.ts';
import { SEED_DATA } from './seed-data.ts';

type Input = { TableName?: string; RequestItems?: Record<string, unknown>; Select?: string; Limit?: number };

const failed = { FailureCode: 'S3NoSuchBucket', FailureMessage: 'none', ClientToken: 'x', StartTime: 1.5, EndTime: 2.5 };
const exported = {
  ExportArn: 'arn:e',
  ExportStatus: 'COMPLETED',
  ...failed,
  S3Bucket: 'plant',
  S3Prefix: 'p',
  ExportType: 'INCREMENTAL_EXPORT',
  ExportTime: 1_714_727_730,
  IncrementalExportSpecification: { ExportFromTime: 1, ExportToTime: 2, ExportViewType: 'NEW_IMAGE' },
  ItemCount: 4,
  BilledSizeBytes: 400,
  ExportManifest: 'k',
};
const source = { S3Bucket: 'plant', S3KeyPrefix: 'p/data/' };
const counts = { ErrorCount: 0, ImportedItemCount: 4, ProcessedItemCount: 4, ProcessedSizeBytes: 400 };
const imported = { ImportArn: 'arn:i', ImportStatus: 'FAILED', TableArn: 'arn:t', S3BucketSource: source };
const bulk = { BulkOperationArn: 'arn:b', BulkOperationStatus: 'FAILED' };
const bulkCounts = { ProcessedItemCount: 4, FailedItemCount: 1, ProcessedInputBytes: 400, TotalInputBytes: 400 };
const tables = { TableDetails: [{ TableName: 'mqtt_msg', TableId: 'id' }] };

/** Replies about jobs, with every member that is looked at. */
const JOB_REPLIES: Readonly<Record<string, object>> = {
  DescribeBulkOperation: {
    BulkOperationDescription: { ...bulk, ...failed, ...tables, InputS3Configuration: source, ...bulkCounts },
  },
  DescribeExport: { ExportDescription: exported },
  DescribeImport: { ImportTableDescription: { ...imported, ...failed, TableId: 'id', ...counts } },
  ExportTableToPointInTime: { ExportDescription: exported },
  ImportTable: { ImportTableDescription: { ...imported, ...failed, TableId: 'id', ...counts } },
  ListBulkOperations: { BulkOperationsSummaryList: [bulk], NextToken: 'n' },
  ListExports: { ExportSummaries: [{ ExportArn: 'arn:e', ExportStatus: 'COMPLETED' }], NextToken: 'n' },
  ListImports: { ImportSummaryList: [{ ...imported, StartTime: 1.5 }], NextToken: 'n' },
  StartBulkPutItems: { BulkOperationDescription: { ...bulk, ...failed, ...tables, InputS3Configuration: source, ...bulkCounts } },
};

/** The reply of a DynamoDB whose tables hold the seed data. */
export function goodReply(operation: string, input: Input): object {
  const table = input.TableName ?? Object.keys(input.RequestItems ?? {})[0] ?? 'mqtt_msg';
  const name = TABLES.find((one) => table.endsWith(one)) ?? 'mqtt_msg';
  const items = SEED_DATA[name].slice(0, input.Limit ?? 4);
  const capacity = { TableName: table, CapacityUnits: 0.5 };
  if (operation in JOB_REPLIES) return JOB_REPLIES[operation]!;
  switch (operation) {
    case 'BatchGetItem':
      return { Responses: { [table]: items }, UnprocessedKeys: {}, ConsumedCapacity: [capacity] };
    case 'BatchWriteItem':
      return { UnprocessedItems: {}, ConsumedCapacity: [capacity] };
    case 'DescribeContinuousBackups':
      return { ContinuousBackupsDescription: { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' } } };
    case 'DescribeTable':
      return { Table: liveTable(table, name) };
    case 'DescribeTimeToLive':
      return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
    case 'GetItem':
      return { Item: items[0], ConsumedCapacity: capacity };
    case 'ListTables':
      return { TableNames: [...TABLES] };
    case 'ListTagsOfResource':
      return { Tags: [{ Key: 'team', Value: 'plant' }] };
    case 'Query':
    case 'Scan': {
      const page = { Count: items.length, ScannedCount: items.length, ConsumedCapacity: capacity };
      return input.Select === 'COUNT' ? page : { Items: items, ...page };
    }
    case 'UpdateItem':
      return { ConsumedCapacity: capacity };
    default:
      return { TableDescription: liveTable(table, name) };
  }
}

function liveTable(live: string, name: TableName): object {
  const index = { IndexName: 'by', KeySchema: [{ AttributeName: KEYS[name][0], KeyType: 'HASH' }], Projection: {} };
  return {
    TableName: live,
    TableStatus: 'ACTIVE',
    TableArn: `arn:aws:dynamodb:local:0:table/${live}`,
    KeySchema: KEYS[name].map((attribute, at) => ({ AttributeName: attribute, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: KEYS[name].map((attribute) => ({ AttributeName: attribute, AttributeType: 'S' })),
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    BillingModeSummary: { BillingMode: 'PROVISIONED' },
    ItemCount: 4,
    TableSizeBytes: 400,
    CreationDateTime: 1_714_727_730.25,
    GlobalSecondaryIndexes: [index],
    StreamSpecification: { StreamEnabled: false },
  };
}

/** Unexpected values, as JSON. */
const FRAGMENTS = [
  ...['null', 'true', '0', '-1', '1e400', '""', '"x"', '[]', '[null]', '{}', '{"a":null}', '{"M":null}', '{"B":1}'],
  ...['{"S":"x"}', '{"N":"x"}', '{"L":[{}]}', '{"a":{"M":null}}', '[{"a":{"S":1}}]', '{"__proto__":{"S":"x"}}', '[[]]'],
];

/** How a reply is changed: where, counted among its values, and how. */
export type Change = { at: number; how: number; by: string };

export const changes: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(200),
  how: fc.nat(2),
  by: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.json({ maxDepth: 2 })),
});

/** A reply in which one value is replaced, missing or doubled; as JSON. */
export function changed(reply: object, { at, how, by }: Change): string {
  const places: { holder: Record<string, unknown>; name: string }[] = [];
  const whole = { reply: structuredClone(reply) } as Record<string, unknown>;
  const walk = (holder: Record<string, unknown>): void => {
    for (const name of Object.keys(holder)) {
      places.push({ holder, name });
      if (typeof holder[name] === 'object' && holder[name] !== null) walk(holder[name] as Record<string, unknown>);
    }
  };
  walk(whole);
  const { holder, name } = places[at % places.length]!;
  const token = 'put JSON here';
  if (how === 0 || holder === whole) holder[name] = token;
  else if (Array.isArray(holder)) holder.splice(Number(name), how === 1 ? 1 : 0, ...(how === 1 ? [] : [token]));
  else if (how === 1) delete holder[name];
  else holder[`${name}2`] = token;
  return JSON.stringify(whole['reply'] ?? null).replace(`"${token}"`, () => by);
}

export function mutated(reply: object): fc.Arbitrary<string> {
  return changes.map((change) => changed(reply, change));
}
