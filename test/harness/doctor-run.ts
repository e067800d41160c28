import { diagnose, type Diagnosis } from '../../src/app/mend/doctor.ts';
import { carryOut } from '../../src/app/mend/carry-out.ts';
import { LiveSource, type Subset } from '../../src/app/mend/source.ts';
import { loadDefinitions } from '../../src/app/tables/load-definitions.ts';
import type { Change } from '../../src/domain/changes/change.ts';
import { reverse } from '../../src/domain/changes/reverse.ts';
import { DEFAULT_RULES } from '../../src/domain/hooks/rules.ts';
import { CHECKS } from '../../src/domain/integrity/registry.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { makeChange } from '../../src/dynamo/make-change.ts';
import { Journal, journalBackwards } from '../../src/files/journal.ts';
import { RepairPlan } from '../../src/files/repair-plan.ts';
import { OWN_SCHEMA_DIR } from '../../src/files/schema-folder.ts';
import { DAMAGE_NOW } from './damage.ts';

export type DoctorRun = {
  now?: number;
  graceMs?: number;
  /** What happens while a writer is given time; nothing where there is none. */
  settle?: () => Promise<void>;
  subset?: Subset & { estimates?: boolean };
  examples?: number;
  checks?: readonly string[];
  plan?: RepairPlan;
  signal?: AbortSignal;
};

const NEVER = new AbortController().signal;

function contextOf(dynamo: Dynamo, { now = DAMAGE_NOW, signal = NEVER }: DoctorRun) {
  return { dynamo, liveName: (table: string) => table, signal, notice: () => undefined, now: () => now };
}

/** Looks at the tables of an engine, as the command does, but with a shorter pause. */
export async function lookAt(dynamo: Dynamo, run: DoctorRun = {}): Promise<Diagnosis> {
  const context = contextOf(dynamo, run);
  const { graceMs = 600_000, settle = async () => undefined, subset, examples = 3, plan } = run;
  return diagnose(new LiveSource(context, { segments: 1 }), context, {
    checks: run.checks ?? CHECKS.map(({ id }) => id),
    definitions: await loadDefinitions(OWN_SCHEMA_DIR),
    rules: DEFAULT_RULES,
    estimates: subset?.estimates === true,
    graceMs,
    settle,
    subset,
    examples,
    plan,
  });
}

/** Findings by check. */
export function countsOf({ results }: Pick<Diagnosis, 'results'>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { check, count } of results) sums[check] = (sums[check] ?? 0) + count;
  return sums;
}

/** Looks and mends; resolves with what was left, and why. */
export async function mend(dynamo: Dynamo, journalPath: string, run: DoctorRun = {}): Promise<string[]> {
  const head = { target: 'test', at: new Date(0).toISOString() };
  const plan = await RepairPlan.begin(undefined, head);
  const journal = await Journal.open(journalPath, { command: 'doctor --fix', ...head });
  try {
    await lookAt(dynamo, { ...run, plan });
    await plan.end();
    const context = contextOf(dynamo, run);
    const left: string[] = [];
    const source = new LiveSource(context, { segments: 1 });
    for await (const results of carryOut(plan.repairs(), { ...context, source, journal })) {
      for (const { repair, left: why } of results) if (why !== undefined) left.push(`${repair.do} ${repair.subject}: ${why}`);
    }
    return left;
  } finally {
    await journal.close();
    await plan.close();
  }
}

/** Takes everything in a journal back, the last change first; resolves with what could not be. */
export async function takeBack(dynamo: Dynamo, journalPath: string): Promise<Change[]> {
  const where = { dynamo, liveName: (table: string) => table, signal: NEVER };
  const refused: Change[] = [];
  for await (const change of journalBackwards(journalPath)) {
    for (const undo of reverse(change)) if (!(await makeChange(where, undo)).made) refused.push(undo);
  }
  return refused;
}
