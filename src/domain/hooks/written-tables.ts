import type { TableName } from '../records/tables.ts';
import { TABLES_OF, type HookRule } from './rules.ts';

/** The tables that rules may write to, without repetition. */
export function writtenTables(rules: readonly HookRule[]): TableName[] {
  return [...new Set(rules.flatMap(({ action }) => TABLES_OF[action].writes))];
}
