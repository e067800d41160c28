import { s, type AttributeValue, type Item } from '../domain/item.ts';
import { TABLES_OF, type HookRule } from '../domain/hooks/rules.ts';
import type { TableName } from '../domain/records/tables.ts';

/** One row for each rule: what runs on which hook, for which topics, and the tables that it writes and reads. */
export function hookItems(rules: readonly HookRule[]): Item[] {
  return rules.map(({ hook, action, filter }) => ({
    hook: s(hook),
    function: s(action),
    topic: filter === undefined ? { NULL: true } : s(filter),
    tables: names(TABLES_OF[action].writes),
    reads: names(TABLES_OF[action].reads),
  }));
}

function names(tables: readonly TableName[]): AttributeValue {
  return { L: tables.map(s) };
}
