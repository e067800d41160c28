import { keyInWords, knownOwner, type CreateTableInput } from '../../domain/schema/definition.ts';
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
  const look = async (table: string, ours: boolean): Promise<TableView> => {
    const live = await describeTable(dynamo, table, signal);
    return { table, live: live && options.count ? await withKnownCount(dynamo, live, signal) : live, ours };
  };
  return Promise.all([...own.map((table) => look(table, true)), ...others.map((table) => look(table, false))]);
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

/** What is said of a table that has the name of one of ours and belongs to another backend; undefined for any other. */
export function variantNote({ table, live, ours }: TableView): string | undefined {
  const variant = live === undefined || !ours ? undefined : knownOwner(live.KeySchema);
  if (live === undefined || variant === undefined) return undefined;
  return `note: ${table} has key ${keyInWords(live.KeySchema)}: that is ${variant}, not a table of the backend`;
}
