import { s, type AttributeValue, type Item } from '../domain/item.ts';
import type { Pool } from '../domain/hooks/conf.ts';
import { TABLES_OF, type HookRule } from '../domain/hooks/rules.ts';
import type { TableName } from '../domain/records/tables.ts';
import { endpointOf } from './choose-hooks.ts';

/** One row for each rule: what runs on which hook, for which topics, and the tables that it writes and reads. */
export function hookItems(rules: readonly HookRule[], pools: readonly Pool[] = []): Item[] {
  return rules.map(({ hook, action, filter, pool }) => ({
    hook: s(hook),
    function: s(action),
    topic: filter === undefined ? { NULL: true } : s(filter),
    tables: names(TABLES_OF[action].writes),
    reads: names(TABLES_OF[action].reads),
    ...serverOf(pools.find(({ name }) => name === pool)),
  }));
}

/** Where a rule writes, and the region that its calls are signed for. */
function serverOf(pool: Pool | undefined): Item {
  return pool === undefined ? {} : { pool: s(pool.name), server: s(endpointOf(pool)), region: s(pool.signingRegion) };
}

function names(tables: readonly TableName[]): AttributeValue {
  return { L: tables.map(s) };
}
