import { MqdynError } from '../../domain/errors.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import { schemaFileOf } from '../../domain/schema/live.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { missingTable } from '../../dynamo/errors.ts';
import { readSettings } from '../../dynamo/table-settings.ts';
import { describeTable, type LiveTable } from '../../dynamo/tables.ts';

/** The live table; a missing one is an error with the way to create it. */
export async function requireTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable> {
  const live = await describeTable(dynamo, name, signal);
  if (live === undefined) {
    const { message, ...hint } = missingTable(name, dynamo.options);
    throw new MqdynError('E_NO_TABLE', message, hint);
  }
  return live;
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
