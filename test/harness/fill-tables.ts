import type { Item } from '../../src/domain/item.ts';
import { TABLES, type TableName } from '../../src/domain/records/tables.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { scanAll } from './memory-engine.ts';

type Rows = Readonly<Partial<Record<TableName, readonly Item[]>>>;

/** Puts items into tables that are there. */
export async function fillTables(dynamo: Dynamo, rows: Rows, prefix = ''): Promise<void> {
  for (const table of TABLES) {
    const all = rows[table] ?? [];
    for (let start = 0; start < all.length; start += 25) {
      const puts = all.slice(start, start + 25).map((item) => ({ PutRequest: { Item: item } }));
      await dynamo.call('BatchWriteItem', { RequestItems: { [prefix + table]: puts } });
    }
  }
}

/** Everything in the tables, in an order that does not depend on the engine; sets are sorted. */
export async function everything(dynamo: Dynamo, prefix = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const table of TABLES) {
    for (const item of await scanAll(dynamo, prefix + table)) {
      const sorted = Object.entries(item).map(
        ([name, value]) => [name, 'SS' in value ? { SS: value.SS.toSorted() } : value] as const,
      );
      lines.push(`${table} ${JSON.stringify(sorted.toSorted(([a], [b]) => (a < b ? -1 : 1)))}`);
    }
  }
  return lines.sort();
}

/** Deletes every item of the tables. */
export async function emptyTables(dynamo: Dynamo, keys: Readonly<Record<TableName, readonly string[]>>): Promise<void> {
  for (const table of TABLES) {
    const items = await scanAll(dynamo, table);
    for (let start = 0; start < items.length; start += 25) {
      const deletes = items.slice(start, start + 25).map((item) => ({
        DeleteRequest: { Key: Object.fromEntries(keys[table].map((name) => [name, item[name]!])) },
      }));
      await dynamo.call('BatchWriteItem', { RequestItems: { [table]: deletes } });
    }
  }
}
