import { filtersOverlap } from '../mqtt/filters-overlap.ts';
import { TABLES, type TableName } from '../records/tables.ts';
import { HOOK_OF, TABLES_OF, type HookRule } from './rules.ts';

/**
 * The tables that some event can write under these rules, in their usual order; no other one has to be there. `topic`: only
 * message and session events whose topic matches this filter are applied.
 */
export function writtenTables(rules: readonly HookRule[], topic?: string): TableName[] {
  const written = new Set(rules.filter((rule) => canRun(rule, topic)).flatMap(({ action }) => TABLES_OF[action].writes));
  return TABLES.filter((table) => written.has(table));
}

/** On a hook that it is not made for an action does nothing; clients have no topic, so that no filter passes them. */
function canRun({ hook, action, filter }: HookRule, topic: string | undefined): boolean {
  if (HOOK_OF[action] !== hook) return false;
  if (hook.startsWith('client.')) return filter === undefined && topic === undefined;
  return filter === undefined || topic === undefined || filtersOverlap(filter, topic);
}
