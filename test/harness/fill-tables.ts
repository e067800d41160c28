import type { Item } from '../../src/domain/item.ts';
import { keyItem, itemKeyOf } from '../../src/domain/records/keys.ts';
import { TABLES, type TableName } from '../../src/domain/records/tables.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import type { WriteRequest } from '../../src/dynamo/raw-operations.ts';
import { scanAll } from './memory-engine.ts';

export type Rows = Readonly<Partial<Record<TableName, readonly Item[]>>>;

/** Puts items into tables that are there. */
export async function fillTables(dynamo: Dynamo, rows: Rows): Promise<void> {
  for (const table of TABLES) {
    const puts = (rows[table] ?? []).map((item) => ({ PutRequest: { Item: item } }));
    await send(dynamo, table, puts);
  }
}

/** Deletes every item of the tables. */
export async function emptyTables(dynamo: Dynamo, prefix = ''): Promise<void> {
  for (const table of TABLES) {
    const items = await scanAll(dynamo, prefix + table);
    const deletes = items.map((item) => ({ DeleteRequest: { Key: keyItem(itemKeyOf(table, item)) } }));
    await send(dynamo, prefix + table, deletes);
  }
}

/** Makes the tables hold these rows and no others. */
export async function refillTables(dynamo: Dynamo, rows: Rows): Promise<void> {
  await emptyTables(dynamo);
  await fillTables(dynamo, rows);
}

async function send(dynamo: Dynamo, table: string, requests: readonly WriteRequest[]): Promise<void> {
  for (let start = 0; start < requests.length; start += 25) {
    await dynamo.call('BatchWriteItem', { RequestItems: { [table]: requests.slice(start, start + 25) } });
  }
}

/** Everything in tables, so that two states can be compared: neither items nor attributes nor sets have an order. */
export async function everything(dynamo: Dynamo, prefix = '', tables: readonly string[] = TABLES): Promise<string[]> {
  const lines: string[] = [];
  for (const table of tables) {
    for (const item of await scanAll(dynamo, prefix + table)) lines.push(`${table} ${canonical(item)}`);
  }
  return lines.sort();
}

/** An item as a text that is the same for equal items. */
export function canonical(item: Item): string {
  return JSON.stringify(item, (name, value: unknown) => {
    if (Array.isArray(value)) return /^[SNB]S$/.test(name) ? (value as string[]).toSorted() : value;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
