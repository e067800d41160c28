import type { CreateTableInput } from '../../domain/schema/definition.ts';
import type { TableView } from '../../domain/views/tables.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { countItems, describeTable, listTableNames, type LiveTable } from '../../dynamo/tables.ts';

/** The tables: those of the schema files, and with `all` every other one of the region behind them. */
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
): Promise<TableView[]> {
  const { definitions, signal } = options;
  const own = definitions.map((definition) => options.liveName(definition.TableName));
  const others = options.all ? (await listTableNames(dynamo, signal)).filter((name) => !own.includes(name)) : [];
  const look = async (table: string): Promise<TableView> => ({ table, live: await describeTable(dynamo, table, signal) });
  const views = await Promise.all([...own, ...others].map(look));
  if (!options.count) return views;
  const count = async ({ table, live }: TableView) => ({ table, live: live && (await withKnownCount(dynamo, live, signal)) });
  return Promise.all(views.map(count));
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
