import type { ItemChange } from '../changes/change.ts';
import type { Item } from '../item.ts';
import { itemKeyOf } from '../records/keys.ts';
import type { TableName } from '../records/tables.ts';
import type { ItemCheck, JudgeContext } from './check.ts';
import { NOTHING_FOUND, type Finding, type Found } from './finding.ts';

/** Everything that checks find in an item, and the one change that mends what can be mended of it. */
export function judgeItem(item: Item, table: TableName, all: readonly ItemCheck[], context: JudgeContext): Found {
  const findings: Finding[] = [];
  for (const check of all) {
    if (!check.tables.includes(table)) continue;
    for (const { about, detail } of check.judge(item, table, context)) {
      const { partition: key, sort } = itemKeyOf(table, item);
      findings.push({ check: check.id, table, key, sort, about, subject: subjectOf(table, item, about), detail });
    }
  }
  if (findings.length === 0) return NOTHING_FOUND;
  const mended = mend(item, table, all, context);
  // one mended fault may show another, which is mended with it and was never told
  const checks = mended.checks.filter((id) => findings.some(({ check }) => check === id));
  if (checks.length === 0) return { findings, repairs: [] };
  const change: ItemChange = { kind: 'item', table, before: item, after: mended.after };
  return { findings, repairs: [{ do: 'change', checks, subject: subjectOf(table, item), change }] };
}

/** Applies the change of one check after the other, each to what the one before left. */
function mend(item: Item, table: TableName, checks: readonly ItemCheck[], context: JudgeContext) {
  const mending: string[] = [];
  let after: Item | undefined = item;
  for (const check of checks) {
    if (!check.tables.includes(table)) continue;
    let change = nextChange(after, check, table, context);
    if (change !== undefined) mending.push(check.id);
    while (change !== undefined && after !== undefined) {
      after = change.after;
      change = after === undefined ? undefined : nextChange(after, check, table, context);
    }
    if (after === undefined) break;
  }
  return { checks: mending, after };
}

function nextChange(item: Item, check: ItemCheck, table: TableName, context: JudgeContext): ItemChange | undefined {
  return check.judge(item, table, context).find((damage) => damage.change !== undefined)?.change;
}

/** The key of an item as people write it, and what of the item is meant. */
export function subjectOf(table: TableName, item: Item, about?: string): string {
  const { partition, sort } = itemKeyOf(table, item);
  const key = sort === undefined ? partition : `${partition} ${sort}`;
  return about === undefined || about === key ? key : `${key}: ${about}`;
}
