import { n, s, textOf, type AttributeValue, type Item } from '../../domain/item.ts';
import { keyInWords, knownOwner, type CreateTableInput, type KeyElement } from '../../domain/schema/definition.ts';
import { isOnDemand } from '../../domain/schema/live.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { countItems, describeTable, listTableNames, type LiveTable } from '../../dynamo/tables.ts';

/** One row a table: those of the schema files, and with `all` every other one of the region behind them. */
export async function listTables(
  dynamo: Dynamo,
  options: {
    definitions: readonly CreateTableInput[];
    liveName: (table: string) => string;
    all: boolean;
    /** Counts the items of tables for which the engine tells none, by reading them: where that costs nothing. */
    count: boolean;
    signal: AbortSignal;
  },
): Promise<Item[]> {
  const { definitions, signal } = options;
  const own = definitions.map((definition) => options.liveName(definition.TableName));
  const others = options.all ? (await listTableNames(dynamo, signal)).filter((name) => !own.includes(name)) : [];
  const live = await Promise.all([...own, ...others].map((name) => describeTable(dynamo, name, signal)));
  const count = async (table: LiveTable | undefined) => table && withKnownCount(dynamo, table, signal);
  const counted = options.count ? await Promise.all(live.map(count)) : live;
  return counted.map((table, index) =>
    table ? liveRow(table, index < own.length) : missingRow(own[index] ?? others[index - own.length]!),
  );
}

/** The table with its items counted where the engine tells none: one that keeps no count says 0. */
export async function withKnownCount(dynamo: Dynamo, table: LiveTable, signal: AbortSignal): Promise<LiveTable> {
  return table.ItemCount ? table : withItemCount(dynamo, table, signal);
}

/** The table with its items counted now. */
export async function withItemCount(dynamo: Dynamo, table: LiveTable, signal: AbortSignal): Promise<LiveTable> {
  if (table.TableStatus !== 'ACTIVE') return table;
  return { ...table, ItemCount: await countItems(dynamo, table.TableName, signal) };
}

function liveRow(table: LiveTable, isOwn: boolean): Item {
  return {
    table: s(table.TableName),
    status: s(table.TableStatus),
    billing: s(billingOf(table)),
    itemCount: n(table.ItemCount ?? 0),
    sizeBytes: n(table.TableSizeBytes ?? 0),
    key: s(keyInWords(table.KeySchema)),
    ...structured(table),
    variant: isOwn ? variantOf(table) : { NULL: true },
  };
}

function missingRow(table: string): Item {
  const none = { NULL: true };
  const facts = { billing: none, itemCount: none, sizeBytes: none, key: none };
  const data = { keySchema: none, billingMode: none, readCapacityUnits: none, writeCapacityUnits: none, variant: none };
  return { table: s(table), status: s('MISSING'), ...facts, ...data };
}

/** Key and billing as data, for programs: the members in words say the same to people. */
export function structured(table: LiveTable): Item {
  const { ReadCapacityUnits: read = 0, WriteCapacityUnits: write = 0 } = table.ProvisionedThroughput ?? {};
  const onDemand = isOnDemand(table);
  return {
    keySchema: keySchemaOf(table, table.KeySchema),
    billingMode: s(onDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED'),
    readCapacityUnits: onDemand ? { NULL: true } : n(read),
    writeCapacityUnits: onDemand ? { NULL: true } : n(write),
  };
}

/** The well-known other backend that a table with the name of one of ours belongs to by its keys; `id` alone is a key of many. */
export function variantOf(table: LiveTable): AttributeValue {
  const owner = knownOwner(table.KeySchema);
  return owner === undefined ? { NULL: true } : s(owner);
}

/** What is said of a table of another backend; undefined for any other. */
export function variantNote(item: Item): string | undefined {
  const [table, key, variant] = ['table', 'key', 'variant'].map((name) => textOf(item, name));
  return variant === undefined ? undefined : `note: ${table} has key ${key}: that is ${variant}, not a table of the backend`;
}

/** The names of those members, in their order. */
export const STRUCTURED = ['keySchema', 'billingMode', 'readCapacityUnits', 'writeCapacityUnits'];

/** The key attributes with their part in the key and their type. */
export function keySchemaOf(table: LiveTable, keys: readonly KeyElement[]): AttributeValue {
  const typeOf = (name: string) => table.AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  const ordered = keys.toSorted((a, b) => (a.KeyType < b.KeyType ? -1 : 1));
  const elements = ordered.map(({ AttributeName: name, KeyType: keyType }): AttributeValue => {
    const type = typeOf(name);
    return { M: { name: s(name), keyType: s(keyType), type: type === undefined ? { NULL: true } : s(type) } };
  });
  return { L: elements };
}

/** `on-demand`, or `provisioned` with its read and write capacity units. */
export function billingOf(table: LiveTable): string {
  const { ReadCapacityUnits: read = 0, WriteCapacityUnits: write = 0 } = table.ProvisionedThroughput ?? {};
  return isOnDemand(table) ? 'on-demand' : `provisioned ${read}/${write}`;
}
