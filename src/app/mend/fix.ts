import { CHECKS } from '../../domain/integrity/registry.ts';
import { compareTexts } from '../../domain/order.ts';
import type { RepairPlan } from '../../files/repair-plan.ts';
import { carryOut, type CarryOutContext } from './carry-out.ts';

/** What became of the repairs of one check. */
export type Fixed = { check: string; fixed: number; left: number };

/** What a plan would do, by check, in the order of the checks. */
export async function plannedRepairs(plan: RepairPlan): Promise<{ check: string; count: number }[]> {
  const counts = new Map<string, number>();
  for await (const { checks } of plan.repairs()) for (const check of checks) counts.set(check, (counts.get(check) ?? 0) + 1);
  return inOrder([...counts].map(([check, count]) => ({ check, count })));
}

/** Carries a plan out. `onLeft` hears of every repair that was not made, and why. */
export async function fix(
  plan: RepairPlan,
  context: CarryOutContext,
  { onLeft, progress }: { onLeft: (subject: string, why: string) => void; progress: (done: number) => void },
): Promise<Fixed[]> {
  const byCheck = new Map<string, Fixed>();
  let done = 0;
  for await (const results of carryOut(plan.repairs(), context)) {
    for (const { repair, left } of results) {
      for (const check of repair.checks) {
        const entry = byCheck.get(check) ?? { check, fixed: 0, left: 0 };
        if (left === undefined) entry.fixed += 1;
        else entry.left += 1;
        byCheck.set(check, entry);
      }
      if (left !== undefined) onLeft(repair.subject, left);
    }
    done += results.length;
    progress(done);
  }
  return inOrder([...byCheck.values()]);
}

function inOrder<T extends { check: string }>(entries: T[]): T[] {
  const place = ({ check }: T) => CHECKS.findIndex(({ id }) => id === check);
  return entries.sort((a, b) => place(a) - place(b) || compareTexts(a.check, b.check));
}
