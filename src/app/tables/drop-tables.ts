import { MqdynError } from '../../domain/errors.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { withItemCount } from './list-tables.ts';
import { deleteTable, describeTable } from '../../dynamo/tables.ts';
import { waitUntilGone, whileBusy } from '../../dynamo/table-waits.ts';

export type DropPlan = {
  /** Live names that exist, with their item counts as DynamoDB knows them. */
  present: readonly { table: string; items: number; going: boolean }[];
  missing: readonly string[];
};

export type Dropped = { table: string; status: 'dropped' | 'missing' };

/**
 * Looks at every table before the first one is dropped; a protected one stops the whole plan. With `count` the items are
 * counted; without, they are as many as DynamoDB says, up to six hours late.
 */
export async function planDrop(
  dynamo: Dynamo,
  tables: readonly string[],
  { count, signal }: { count: boolean; signal: AbortSignal },
): Promise<DropPlan> {
  const live = await Promise.all(tables.map((table) => describeTable(dynamo, table, signal)));
  const guarded = live.flatMap((table) => (table?.DeletionProtectionEnabled ? [table.TableName] : []));
  if (guarded.length > 0) {
    throw new MqdynError('E_PROTECTED', `${guarded.join(', ')} ${guarded.length === 1 ? 'has' : 'have'} deletion protection`);
  }
  const there = live.filter((table) => table !== undefined);
  const present = there.map(async (table) => {
    const { ItemCount: items = 0 } = count ? await withItemCount(dynamo, table, signal) : table;
    return { table: table.TableName, items, going: table.TableStatus === 'DELETING' };
  });
  return {
    present: await Promise.all(present),
    missing: tables.filter((_, index) => live[index] === undefined),
  };
}

/** Drops and waits until every table is gone. A table in the middle of a change is dropped when that is over. */
export async function dropTables(dynamo: Dynamo, plan: DropPlan, signal: AbortSignal): Promise<Dropped[]> {
  for (const { table, going } of plan.present) {
    if (!going) await whileBusy(() => deleteTable(dynamo, table, signal), { signal });
  }
  const names = plan.present.map(({ table }) => table);
  for (const table of names) await waitUntilGone(dynamo, table, signal);
  return [
    ...names.map((table) => ({ table, status: 'dropped' as const })),
    ...plan.missing.map((table) => ({ table, status: 'missing' as const })),
  ];
}
