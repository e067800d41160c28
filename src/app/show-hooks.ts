import type { Pool } from '../domain/hooks/conf.ts';
import { TABLES_OF, type HookRule } from '../domain/hooks/rules.ts';
import type { HookView } from '../domain/views/hooks.ts';
import { endpointOf } from './choose-hooks.ts';

/** Each rule with the tables that it writes and reads, and where it writes. */
export function showHooks(rules: readonly HookRule[], pools: readonly Pool[] = []): HookView[] {
  return rules.map(({ pool: named, ...rule }) => {
    const pool = pools.find(({ name }) => name === named);
    const server = pool && { name: pool.name, server: endpointOf(pool), region: pool.signingRegion };
    return { ...rule, ...TABLES_OF[rule.action], ...(server && { pool: server }) };
  });
}
