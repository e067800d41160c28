import { MqdynError } from '../../domain/errors.ts';
import { n, s, type AttributeValue, type Item } from '../../domain/item.ts';
import { isBackendTable } from '../../domain/records/tables.ts';
import { keyInWords, type TableDefinition } from '../../domain/schema/definition.ts';
import { schemaFileOf } from '../../domain/schema/live.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { missingTable } from '../../dynamo/errors.ts';
import { readSettings } from '../../dynamo/table-settings.ts';
import { describeTable, type LiveTable } from '../../dynamo/tables.ts';
import { billingOf, keySchemaOf, structured, variantOf } from './list-tables.ts';

/** The live table; a missing one is an error with the way to create it. */
export async function requireTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable> {
  const live = await describeTable(dynamo, name, signal);
  if (live === undefined) {
    const { message, ...hint } = missingTable(name, dynamo.options);
    throw new MqdynError('E_NO_TABLE', message, hint);
  }
  return live;
}

/** A live table in words. `role`: its name without the prefix. */
export function tableFacts(table: LiveTable, role: string): Item {
  const { GlobalSecondaryIndexes: global = [], LocalSecondaryIndexes: local = [] } = table;
  const indexes = [...global, ...local];
  const indexSchema = (index: (typeof indexes)[number], kind: string) =>
    ({ M: { name: s(index.IndexName), kind: s(kind), keySchema: keySchemaOf(table, index.KeySchema) } }) as AttributeValue;
  return {
    table: s(table.TableName),
    status: s(table.TableStatus),
    key: s(keyInWords(table.KeySchema)),
    billing: s(billingOf(table)),
    itemCount: n(table.ItemCount ?? 0),
    sizeBytes: n(table.TableSizeBytes ?? 0),
    deletionProtection: { BOOL: table.DeletionProtectionEnabled ?? false },
    indexes: { L: indexes.map((index) => s(`${index.IndexName} ${keyInWords(index.KeySchema)}`)) },
    ...structured(table),
    variant: isBackendTable(role) ? variantOf(table) : { NULL: true },
    indexSchemas: {
      L: [...global.map((each) => indexSchema(each, 'global')), ...local.map((each) => indexSchema(each, 'local'))],
    },
    ...(table.CreationDateTime === undefined ? {} : { createdAt: n(Math.floor(table.CreationDateTime)) }),
    ...(table.TableId === undefined ? {} : { tableId: s(table.TableId) }),
    ...(table.TableArn === undefined ? {} : { arn: s(table.TableArn) }),
  };
}

/** A schema file that makes the same table again, under the name that it has in schema files. */
export async function readSchemaFileOf(
  dynamo: Dynamo,
  table: LiveTable,
  name: string,
  signal?: AbortSignal,
): Promise<TableDefinition> {
  const settings = await readSettings(dynamo, table, { timeToLive: true, recovery: true, tags: true }, signal);
  return schemaFileOf(table, settings, name);
}
