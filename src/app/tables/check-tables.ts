import { MqdynError } from '../../domain/errors.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { refuseOtherKeys } from '../../domain/schema/conflict.ts';
import { backendKeys } from '../../domain/schema/definition.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { requireTable } from './describe-table.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** States in which DynamoDB takes data. */
const USABLE = new Set(['ACTIVE', 'UPDATING']);

/** Looks at backend tables before anything is written to them: there, in use, and with the backend's own keys. */
export async function checkTables(
  dynamo: Dynamo,
  tables: readonly TableName[],
  options: { liveName: (table: string) => string; signal: AbortSignal },
): Promise<LiveTable[]> {
  const live = await Promise.all(tables.map((table) => requireTable(dynamo, options.liveName(table), options.signal)));
  for (const [table, own] of pairsOf(tables, live)) checkTable(table, own);
  return live;
}

/** Refuses a table in a state in which it takes no data. */
export function requireUsable(live: LiveTable): void {
  if (USABLE.has(live.TableStatus)) return;
  const deleting = live.TableStatus === 'DELETING' ? '; DynamoDB may still accept writes and lose them' : '';
  throw new MqdynError('E_TABLE_STATE', `${live.TableName} is ${live.TableStatus}${deleting}`);
}

function checkTable(name: TableName, live: LiveTable): void {
  requireUsable(live);
  refuseOtherKeys(live, backendKeys(name), 'the backend needs');
}
