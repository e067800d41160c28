import type { Interfaces } from '@oclif/core';
import { chosenChecks, diagnose, isSick, type Diagnosis } from '../app/mend/doctor.ts';
import { beginPlan, fix, loadPlan, plannedRepairs, type Fixed, type RepairPlan } from '../app/mend/fix.ts';
import { openExportSource } from '../app/mend/export-source.ts';
import { LiveSource, type DoctorSource } from '../app/mend/source.ts';
import { loadDefinitions } from '../app/tables/load-definitions.ts';
import { BaseCommand, type Session } from '../cli/base-command.ts';
import { confirmRepairs } from '../cli/confirm.ts';
import { doctorFlags, subsetOf } from '../cli/doctor-flags.ts';
import { targetFlags } from '../cli/flags.ts';
import { hooksInForce } from '../cli/hooks-flags.ts';
import { journalName } from '../cli/journal-name.ts';
import { mendCommand } from '../cli/mend-command.ts';
import { commandLine } from '../cli/shell-words.ts';
import { spentText } from '../cli/show-items.ts';
import { countText, plural } from '../domain/count-text.ts';
import type { HookRule } from '../domain/hooks/rules.ts';
import { MqdynError } from '../domain/errors.ts';
import { estimateTotal } from '../domain/integrity/estimate.ts';
import { CHECKS } from '../domain/integrity/registry.ts';
import { n } from '../domain/item.ts';
import {
  CHECK_COLUMNS,
  checkItem,
  DOCTOR_COLUMNS,
  doctorSections,
  FIX_COLUMNS,
  findingGauge,
  fixedItem,
  resultItem,
  summaryText,
} from '../output/doctor-report.ts';
import { blocks } from '../output/items.ts';
import { spentItem } from '../output/views/reads.ts';

/** Of the repairs that were not made so many are listed. */
const LISTED = 20;

type Flags = Interfaces.InferredFlags<typeof targetFlags & typeof doctorFlags>;

export default class Doctor extends BaseCommand {
  static override summary = 'check the six tables for damage, and mend it';
  static override description = `Reads each table once, puts messages, map, acks and clients beside each other, and says what is wrong, the worst first, with
what mends it. What looks wrong is read a second time by key before it is told, but for notes on a single item, so that a broker
that publishes meanwhile makes no finding. Exit 0: nothing but notes; 1: findings.

--fix shows the repairs, asks, and carries them out. Each is made under the condition that everything still is as it was read, so
that a live broker wins; what has changed meanwhile is left and listed, exit 3. What goes away is written to the journal first:
mqdyn rewind JOURNAL takes it back. Checks without a safe repair have none: --list-checks tells which.

--subset 3/30 checks one part of thirty, so that a daily job has seen everything after thirty days. --subset 5% estimates every
count, with its 95 % interval, from a part of that size.

--from DIR checks an export in place of live tables, without a target: one that mqdyn export made, or DynamoDB's own. It is verified
first, and ages count from when it was made.`;
  static override fields = FIX_COLUMNS.map(({ name }) => name);
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --check map_id_without_message --fix',
    '<%= config.bin %> doctor --fix --plan-out repairs.plan && <%= config.bin %> doctor --plan repairs.plan',
    '<%= config.bin %> doctor --from backup',
    '<%= config.bin %> doctor --format prometheus > mqdyn.prom',
  ];
  static override flags = { ...targetFlags, ...doctorFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const checks = chosenChecks(flags.check);
    const subset = subsetOf(flags.subset, Math.random);
    if (flags['list-checks']) return this.list({ columns: CHECK_COLUMNS, items: blocks(CHECKS.map(checkItem)) }, flags);
    const wantsFix = flags.fix || flags.plan !== undefined;
    const writes = wantsFix && flags['plan-out'] === undefined;
    if (flags.format === 'prometheus' && wantsFix)
      throw new MqdynError('E_USAGE', '--format prometheus only reports; leave out --fix');
    if (flags.journal !== undefined && !writes) throw new MqdynError('E_USAGE', '--journal is for what --fix changes');
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    if (flags.from !== undefined) return this.examineExport(flags.from, { checks, rules }, flags);
    const session = await this.open(flags, { writes, fallback });
    const source = new LiveSource(this.readContext(session), { segments: flags.segments });
    if (flags.plan !== undefined) return this.carryOutSaved(flags.plan, session, source, flags);
    const definitions = await loadDefinitions(session.schemaDir);
    const keep = wantsFix || flags['plan-out'] !== undefined;
    const plan = keep ? await beginPlan(flags['plan-out'], session.dynamo, this.io.now()) : undefined;
    try {
      const diagnosis = await diagnose(source, this.readContext(session), {
        checks,
        subset,
        estimates: subset?.estimates === true,
        examples: flags.examples,
        graceMs: flags['older-than'],
        rules,
        definitions,
        plan,
        progress: this.startProgress().table,
      });
      await plan?.end();
      const told = `${summaryText(diagnosis.results)}; ${spentText(source.spent)}`;
      if (subset?.estimates === true) {
        const { high } = estimateTotal({ count: 0, squares: 0 }, 1 / subset.of);
        this.note(
          `part ${subset.part} of ${subset.of} was read; of what it does not show there are at most ${high} in all (95 %)`,
        );
      }
      if (plan === undefined || flags['plan-out'] !== undefined) {
        await this.report(diagnosis, [], source, flags);
        this.note(told);
        if (flags['plan-out'] !== undefined) this.note(`${repairsText(plan?.count ?? 0)} saved in ${flags['plan-out']}`);
        if (isSick(diagnosis.results)) this.exit(1);
        return;
      }
      if (flags.format === 'table' && !flags.json) await this.report(diagnosis, [], source, flags);
      this.note(told);
      await this.fix(plan, session, source, flags, diagnosis);
    } finally {
      await plan?.close();
    }
  }

  private async examineExport(
    folder: string,
    { checks, rules }: { checks: readonly string[]; rules: readonly HookRule[] },
    flags: Flags,
  ): Promise<void> {
    const definitions = await loadDefinitions(await this.schemaDir(flags));
    const { signal } = this.stop;
    const notice = (sentence: string) => this.note(sentence);
    const progress = this.startProgress('verifying').table;
    const source = await openExportSource(folder, { signal, notice, progress, now: this.io.now() });
    const diagnosis = await diagnose(
      source,
      { signal, notice, now: () => source.to },
      {
        checks,
        estimates: false,
        examples: flags.examples,
        // what was in flight when the reading began
        graceMs: flags['older-than'] + source.to - source.from,
        rules,
        definitions,
        progress: this.startProgress().table,
      },
    );
    await this.report(diagnosis, [], source, flags);
    this.note(
      `${summaryText(diagnosis.results)}; ${countText(source.spent.scanned)} ${plural('item', source.spent.scanned)} read`,
    );
    if (isSick(diagnosis.results)) this.exit(1);
  }

  private async carryOutSaved(path: string, session: Session, source: LiveSource, flags: Flags): Promise<void> {
    const plan = await loadPlan(path, session.dynamo);
    try {
      await this.fix(plan, session, source, flags, undefined);
    } finally {
      await plan.close();
    }
  }

  /** Shows what the plan does, asks, and carries it out. */
  private async fix(
    plan: RepairPlan,
    session: Session,
    source: LiveSource,
    flags: Flags,
    diagnosis: Diagnosis | undefined,
  ): Promise<void> {
    const planned = await plannedRepairs(plan);
    for (const { check, count } of planned) {
      const repair = CHECKS.find(({ id }) => id === check)?.repair ?? '';
      this.note(`to be mended: ${check}, ${countText(count)}. ${repair}`, { always: !flags.yes });
    }
    let fixed: Fixed[] = [];
    if (plan.count > 0) {
      await confirmRepairs(this.io, plan.count, flags.yes);
      fixed = await this.carryOut(plan, session, source, flags);
    } else {
      this.note('nothing that --fix could mend');
    }
    if (flags.format !== 'table' || flags.json) await this.report(diagnosis, fixed, source, flags);
    const left = fixed.reduce((sum, one) => sum + one.left, 0);
    if (left > 0) this.exit(3);
    const unmended = (diagnosis?.results ?? []).filter(({ count, mendable }) => count > mendable);
    if (isSick(unmended)) this.exit(1);
  }

  private async carryOut(plan: RepairPlan, session: Session, source: LiveSource, flags: Flags): Promise<Fixed[]> {
    const now = this.io.now();
    const path = flags.journal ?? journalName('doctor', now);
    const progress = this.startProgress('mending');
    let left = 0;
    const fixed = await fix(plan, {
      ...session,
      source,
      signal: this.stop.signal,
      journalPath: path,
      now,
      onLeft: (subject, why) => {
        left += 1;
        if (left <= LISTED) this.note(`left: ${subject}: ${why}`);
      },
      progress: (done) => progress.at(`${countText(done)} of ${repairsText(plan.count)}`),
    });
    if (left > LISTED) this.note(`and ${countText(left - LISTED)} more`);
    const made = fixed.reduce((sum, one) => sum + one.fixed, 0);
    const rest = left === 0 ? '' : `, ${countText(left)} left as they had changed meanwhile`;
    const back = made === 0 ? '' : `; to take them back: ${commandLine('mqdyn', 'rewind', path)}`;
    this.note(`mended ${countText(made)} ${plural('finding', made)}${rest}${back}`);
    return fixed;
  }

  /** What was found, and after --fix what became of it. */
  private async report(
    diagnosis: Diagnosis | undefined,
    fixed: readonly Fixed[],
    source: Pick<DoctorSource, 'spent'>,
    flags: Flags,
  ): Promise<void> {
    const results = (diagnosis?.results ?? []).map((result) => ({
      ...result,
      command: mendCommand(result.check, result.mendable, result.examples),
    }));
    const notMade = diagnosis?.notMade ?? [];
    if (notMade.length > 0) this.note(`not checked, as a table is missing: ${notMade.join(', ')}`);
    if (flags.format === 'prometheus') {
      return this.write(findingGauge(results, diagnosis?.made ?? []), flags);
    }
    const of = (check: string) => fixed.find((one) => one.check === check);
    const items =
      diagnosis === undefined
        ? fixed.map(fixedItem)
        : results.map((result) =>
            resultItem(result, flags.fix ? { fixed: of(result.check)?.fixed ?? 0, left: of(result.check)?.left ?? 0 } : {}),
          );
    if (flags.format !== 'table' || flags.json || flags.fields !== undefined) {
      const columns = flags.fix || diagnosis === undefined ? FIX_COLUMNS : DOCTOR_COLUMNS;
      const read = { checks: n(diagnosis?.made.length ?? 0), ...spentItem(source.spent) };
      return this.list({ columns, items: blocks(items), totals: () => read }, flags);
    }
    await this.sections((options) => doctorSections(results, options), flags);
  }
}

function repairsText(count: number): string {
  return `${countText(count)} ${plural('repair', count)}`;
}
