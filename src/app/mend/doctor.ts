import type { Severity } from '../../domain/integrity/check.ts';
import type { Finding } from '../../domain/integrity/finding.ts';
import { schemaDrift } from '../../domain/integrity/joins.ts';
import { CHECKS } from '../../domain/integrity/registry.ts';
import { MqdynError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { TABLES } from '../../domain/records/tables.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import type { RepairPlan } from '../../files/repair-plan.ts';
import type { ReadContext } from '../views/table-reader.ts';
import { examine, impossibleChecks, tablesFor, type ExamineOptions } from './examine.ts';
import type { TablesSource } from './source.ts';
import { Tally, type CheckResult } from './tally.ts';

export type DoctorOptions = Omit<ExamineOptions, 'usable' | 'checks' | 'signal' | 'now'> & {
  checks: readonly string[];
  examples: number;
  definitions: readonly TableDefinition[];
  /** Estimates totals from the part of the key space that is looked at. */
  estimates: boolean;
  /** Takes the repairs, where they are wanted. */
  plan?: RepairPlan | undefined;
};

/** What doctor found, and which checks could not be made because a table is missing or another program's. */
export type Diagnosis = { results: CheckResult[]; made: readonly string[]; notMade: readonly string[] };

/** The ids of the checks to make; all of them where none is named. An unknown one is a usage error. */
export function chosenChecks(named: string | undefined): string[] {
  const all = CHECKS.map(({ id }) => id);
  if (named === undefined) return all;
  const ids = named.split(',').map((id) => id.trim());
  for (const id of ids) {
    if (all.includes(id)) continue;
    throw new MqdynError('E_USAGE', `unknown check "${id}".${didYouMean(id, all)}`, { hint: 'See mqdyn doctor --list-checks.' });
  }
  return [...new Set(ids)];
}

/** Looks at the tables and at everything in them. */
export async function diagnose(
  source: TablesSource,
  context: Pick<ReadContext, 'signal' | 'notice' | 'now'>,
  options: DoctorOptions,
): Promise<Diagnosis> {
  const { subset, plan } = options;
  const tally = new Tally(options.examples, subset !== undefined && options.estimates ? 1 / subset.of : undefined);
  const asked = new Set(options.checks);
  const needed = tablesFor(asked);
  const inspected = await source.inspect(needed.length === 0 ? TABLES : needed, options.definitions);
  for (const note of inspected.notes) context.notice(note);
  const unchecked = inspected.unchecked.filter(({ check }) => asked.has(check));
  for (const { check, why } of unchecked) context.notice(`not checked: ${check} (${why})`);
  // a table that cannot be read is told whatever was asked for: what was asked for is not known then
  const isTold = ({ check }: Finding) => asked.has(check) || check !== schemaDrift.id;
  for (const found of inspected.found) if (found.findings.every(isTold)) tally.add(found);
  const notMade = impossibleChecks(asked, inspected.usable);
  const checks = new Set([...asked].filter((id) => !notMade.includes(id) && !unchecked.some(({ check }) => check === id)));
  const examining = { ...options, checks, usable: inspected.usable, now: context.now(), signal: context.signal };
  for await (const all of examine(source, examining)) {
    for (const found of all) tally.add(found);
    await plan?.add(all.flatMap(({ repairs }) => repairs));
  }
  return { results: tally.results(), made: [...checks], notMade };
}

/** Whether anything was found that somebody should mend: a note is none. */
export function isSick(results: readonly { severity: Severity; count: number }[]): boolean {
  return results.some(({ severity, count }) => severity !== 'note' && count > 0);
}
