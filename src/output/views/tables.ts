import type { AttributeValue, Item } from '../../domain/item.ts';
import { keyInWords, knownOwner, type KeyElement } from '../../domain/schema/definition.ts';
import { isOnDemand, type LiveIndex, type LiveTable } from '../../domain/schema/live.ts';
import type { TableView } from '../../domain/views/tables.ts';
import { itemOf, listOf, namesOf } from '../items.ts';

/** Members that tell key and billing as data, for programs. */
export const STRUCTURED = ['keySchema', 'billingMode', 'readCapacityUnits', 'writeCapacityUnits'];

/** A table of the list. */
export function tableItem({ table, live, ours }: TableView): Item {
  if (live === undefined) {
    const facts = { billing: null, itemCount: null, sizeBytes: null, key: null };
    const data = Object.fromEntries(STRUCTURED.map((name) => [name, null]));
    return itemOf({ table, status: 'MISSING', ...facts, ...data, variant: null });
  }
  return { ...inWords(live), ...asData(live), ...variantOf(live, ours) };
}

/** A live table with everything that is known of it. `ours`: it has the name of a table of the backend. */
export function tableFactsItem(table: LiveTable, ours: boolean): Item {
  const { GlobalSecondaryIndexes: global = [], LocalSecondaryIndexes: local = [] } = table;
  const schemaOf = ({ IndexName: name, KeySchema }: LiveIndex, kind: string) => ({
    ...itemOf({ name, kind }),
    keySchema: keySchemaOf(table, KeySchema),
  });
  return {
    ...inWords(table),
    ...itemOf({ deletionProtection: table.DeletionProtectionEnabled ?? false }),
    indexes: namesOf([...global, ...local].map((index) => `${index.IndexName} ${keyInWords(index.KeySchema)}`)),
    ...asData(table),
    ...variantOf(table, ours),
    indexSchemas: listOf([
      ...global.map((index) => schemaOf(index, 'global')),
      ...local.map((index) => schemaOf(index, 'local')),
    ]),
    ...itemOf({
      createdAt: table.CreationDateTime === undefined ? undefined : Math.floor(table.CreationDateTime),
      tableId: table.TableId,
      arn: table.TableArn,
    }),
  };
}

function inWords(table: LiveTable): Item {
  return itemOf({
    table: table.TableName,
    status: table.TableStatus,
    billing: billingOf(table),
    itemCount: table.ItemCount ?? 0,
    sizeBytes: sizeOf(table),
    key: keyInWords(table.KeySchema),
  });
}

/** Bytes as DynamoDB knows them; nothing where an engine does not know, which says 0 of a table with items. */
function sizeOf({ ItemCount: items = 0, TableSizeBytes: bytes = 0 }: LiveTable): number | null {
  return bytes === 0 && items > 0 ? null : bytes;
}

function asData(table: LiveTable): Item {
  const onDemand = isOnDemand(table);
  const { read, write } = unitsOf(table);
  return {
    keySchema: keySchemaOf(table, table.KeySchema),
    ...itemOf({
      billingMode: onDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
      readCapacityUnits: onDemand ? null : read,
      writeCapacityUnits: onDemand ? null : write,
    }),
  };
}

/** The key attributes with their part in the key and their type. */
function keySchemaOf(table: LiveTable, keys: readonly KeyElement[]): AttributeValue {
  const typeOf = (name: string) => table.AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  const ordered = keys.toSorted((a, b) => (a.KeyType < b.KeyType ? -1 : 1));
  return listOf(
    ordered.map(({ AttributeName: name, KeyType: keyType }) => itemOf({ name, keyType, type: typeOf(name) ?? null })),
  );
}

/** `on-demand`, or `provisioned` with its read and write capacity units. */
function billingOf(table: LiveTable): string {
  const { read, write } = unitsOf(table);
  return isOnDemand(table) ? 'on-demand' : `provisioned ${read}/${write}`;
}

function unitsOf({ ProvisionedThroughput: units }: LiveTable): { read: number; write: number } {
  return { read: units?.ReadCapacityUnits ?? 0, write: units?.WriteCapacityUnits ?? 0 };
}

/** The well-known other backend that a table with the name of one of ours belongs to by its keys; `id` alone is a key of many. */
function variantOf(table: LiveTable, ours: boolean): Item {
  return itemOf({ variant: (ours ? knownOwner(table.KeySchema) : undefined) ?? null });
}
