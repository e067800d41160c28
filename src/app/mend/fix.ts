import { MqdynError } from '../../domain/errors.ts';
import { CHECKS } from '../../domain/integrity/registry.ts';
import { compareTexts } from '../../domain/order.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { Journal } from '../../files/journal.ts';
import { RepairPlan } from '../../files/repair-plan.ts';
import { carryOut, type CarryOutContext } from './carry-out.ts';

export type { RepairPlan } from '../../files/repair-plan.ts';

/** Begins a plan of repairs for a target; with a path it is saved there once it is whole. */
export function beginPlan(path: string | undefined, dynamo: Dynamo, now: number): Promise<RepairPlan> {
  return RepairPlan.begin(path, { target: dynamo.options.label, at: new Date(now).toISOString() });
}

/** Opens a saved plan; one that was altered or was made for another target is refused. */
export async function loadPlan(path: string, dynamo: Dynamo): Promise<RepairPlan> {
  const plan = await RepairPlan.load(path);
  const { target } = plan.head;
  if (target === dynamo.options.label) return plan;
  await plan.close();
  throw new MqdynError('E_PLAN', `the plan was made for ${target}, not for ${dynamo.options.label}`, {
    hint: 'Make a new plan: mqdyn doctor --fix --plan-out FILE',
  });
}

/** What became of the repairs of one check. */
export type Fixed = { check: string; fixed: number; left: number };

/** What a plan would do, by check, in the order of the checks. */
export async function plannedRepairs(plan: RepairPlan): Promise<{ check: string; count: number }[]> {
  const counts = new Map<string, number>();
  for await (const { checks } of plan.repairs()) for (const check of checks) counts.set(check, (counts.get(check) ?? 0) + 1);
  return inOrder([...counts].map(([check, count]) => ({ check, count })));
}

type FixOptions = Omit<CarryOutContext, 'journal'> & {
  /** Where what is changed is kept. */
  journalPath: string;
  now: number;
  /** Hears of every repair that was not made, and why. */
  onLeft: (subject: string, why: string) => void;
  progress: (done: number) => void;
};

/** Carries a plan out; everything that goes away is in the journal before. */
export async function fix(plan: RepairPlan, options: FixOptions): Promise<Fixed[]> {
  const head = { command: 'doctor --fix', target: options.dynamo.options.label, at: new Date(options.now).toISOString() };
  const journal = await Journal.open(options.journalPath, head);
  try {
    const byCheck = new Map<string, Fixed>();
    let done = 0;
    for await (const results of carryOut(plan.repairs(), { ...options, journal })) {
      for (const { repair, left } of results) {
        for (const check of repair.checks) {
          const entry = byCheck.get(check) ?? { check, fixed: 0, left: 0 };
          if (left === undefined) entry.fixed += 1;
          else entry.left += 1;
          byCheck.set(check, entry);
        }
        if (left !== undefined) options.onLeft(repair.subject, left);
      }
      done += results.length;
      options.progress(done);
    }
    return inOrder([...byCheck.values()]);
  } finally {
    await journal.close();
  }
}

function inOrder<T extends { check: string }>(entries: T[]): T[] {
  const place = ({ check }: T) => CHECKS.findIndex(({ id }) => id === check);
  return entries.sort((a, b) => place(a) - place(b) || compareTexts(a.check, b.check));
}
