import { MqdynError } from '../domain/errors.ts';
import { n, s, type Item } from '../domain/item.ts';
import { keyInWords, type CreateTableInput, type IndexInput } from '../domain/schema/definition.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { missingTable } from '../dynamo/errors.ts';
import { describeTable, type LiveIndex, type LiveTable } from '../dynamo/tables.ts';
import { billingOf } from './list-tables.ts';

/** The live table; a missing one is an error with the way to create it. */
export async function requireTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable> {
  const live = await describeTable(dynamo, name, signal);
  if (live === undefined) {
    const { message, ...hint } = missingTable(name, dynamo.options.place);
    throw new MqdynError('E_NO_TABLE', message, hint);
  }
  return live;
}

/** A live table in words. */
export function tableFacts(table: LiveTable): Item {
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  return {
    table: s(table.TableName),
    status: s(table.TableStatus),
    key: s(keyInWords(table.KeySchema)),
    billing: s(billingOf(table)),
    itemCount: n(table.ItemCount ?? 0),
    sizeBytes: n(table.TableSizeBytes ?? 0),
    deletionProtection: { BOOL: table.DeletionProtectionEnabled ?? false },
    indexes: { L: indexes.map((index) => s(`${index.IndexName} ${keyInWords(index.KeySchema)}`)) },
    ...(table.CreationDateTime === undefined ? {} : { createdAt: n(Math.floor(table.CreationDateTime)) }),
    ...(table.TableId === undefined ? {} : { tableId: s(table.TableId) }),
    ...(table.TableArn === undefined ? {} : { arn: s(table.TableArn) }),
  };
}

/** A schema file that makes the same table again, under the name that it has in schema files. */
export function schemaOf(table: LiveTable, name: string): CreateTableInput {
  const onDemand = billingOf(table) === 'on-demand';
  return {
    TableName: name,
    KeySchema: table.KeySchema,
    AttributeDefinitions: table.AttributeDefinitions,
    ...(onDemand ? { BillingMode: 'PAY_PER_REQUEST' as const } : { ProvisionedThroughput: throughputOf(table) }),
    ...(table.GlobalSecondaryIndexes
      ? { GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.map((index) => indexOf(index, !onDemand)) }
      : {}),
    ...(table.LocalSecondaryIndexes
      ? { LocalSecondaryIndexes: table.LocalSecondaryIndexes.map((index) => indexOf(index, false)) }
      : {}),
  };
}

function indexOf(index: LiveIndex, provisioned: boolean): IndexInput {
  const { ProjectionType = 'ALL', NonKeyAttributes } = index.Projection;
  return {
    IndexName: index.IndexName,
    KeySchema: index.KeySchema,
    Projection:
      NonKeyAttributes === undefined ? { ProjectionType } : { ProjectionType, NonKeyAttributes: NonKeyAttributes.toSorted() },
    ...(provisioned ? { ProvisionedThroughput: throughputOf(index) } : {}),
  };
}

function throughputOf({ ProvisionedThroughput: throughput }: LiveTable | LiveIndex) {
  return { ReadCapacityUnits: throughput?.ReadCapacityUnits ?? 1, WriteCapacityUnits: throughput?.WriteCapacityUnits ?? 1 };
}
