import { Args, Flags } from '@oclif/core';
import { checkPlan, planTables, runPlan, type Plan } from '../../app/tables/apply-tables.ts';
import { chooseDefinitions } from '../../app/tables/load-definitions.ts';
import { loadPlan, savePlan } from '../../app/tables/plan-file.ts';
import { BaseCommand, type Session } from '../../cli/base-command.ts';
import { confirmApply } from '../../cli/confirm.ts';
import { outputFlags, targetFlags, waitFlag } from '../../cli/flags.ts';
import { effectItems, showPlan } from '../../cli/show-plan.ts';
import { MqdynError } from '../../domain/errors.ts';
import { APPLY_COLUMNS, fieldNames } from '../../output/columns.ts';
import { blocks } from '../../output/items.ts';
import { pairsOf } from '../../domain/pairs.ts';

export default class TablesApply extends BaseCommand {
  static override summary = 'change the live tables to match their schema files';
  static override description = `Shows the plan, asks, and carries it out step by step; every step is checked before and after.
What would need a table to be created anew is refused. Safe to interrupt and to run again.`;
  static override fields = fieldNames(APPLY_COLUMNS);
  static override examples = [
    '<%= config.bin %> tables apply --dry-run',
    '<%= config.bin %> tables apply mqtt_msg --yes',
    '<%= config.bin %> tables apply --plan-out plan.json && <%= config.bin %> tables apply --plan plan.json',
  ];
  static override strict = false;
  static override args = {
    table: Args.string({ description: 'tables to change; all of them when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    'dry-run': Flags.boolean({ helpGroup: 'PLAN', summary: 'show the plan, and change nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask for confirmation' }),
    'plan-out': Flags.string({
      helpGroup: 'PLAN',
      helpValue: 'FILE',
      exclusive: ['plan'],
      summary: 'save the plan, and change nothing',
    }),
    plan: Flags.string({
      helpGroup: 'PLAN',
      helpValue: 'FILE',
      exclusive: ['ignore'],
      summary: 'carry out exactly this saved plan',
    }),
    ignore: Flags.string({
      helpGroup: 'PLAN',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'ignore this path',
    }),
    wait: waitFlag,
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesApply);
    if (flags.plan !== undefined && argv.length > 0) {
      throw new MqdynError('E_USAGE', 'a saved plan is carried out as a whole: name no tables with --plan', {
        hint: 'Make a plan of those tables: mqdyn tables apply TABLE --plan-out FILE',
      });
    }
    const planOnly = flags['dry-run'] || flags['plan-out'] !== undefined;
    const session = await this.open(flags, { writes: !planOnly });
    const plan = flags.plan === undefined ? await this.plan(session, flags.ignore ?? [], argv) : await loadPlan(flags.plan);
    if (flags.plan !== undefined) await checkPlan(session.dynamo, plan, this.stop.signal);
    showPlan(plan, (line) => this.note(line, { always: !planOnly && !flags.yes }));
    if (flags['plan-out'] !== undefined) await savePlan(flags['plan-out'], plan);
    if (!planOnly && plan.steps.length > 0) {
      await confirmApply(this.io, plan.steps.length, flags.yes);
      const results = await runPlan(session.dynamo, plan, {
        waitMs: flags.wait,
        signal: this.stop.signal,
        onStep: (step, result, at) =>
          this.note(
            `${at + 1}/${plan.steps.length} ${step.table}: ${step.operation} ${result === 'applied' ? 'done' : 'already done'}`,
          ),
      });
      const items = pairsOf(plan.steps, results).flatMap(([step, result]) => effectItems(step, result));
      return this.list({ columns: APPLY_COLUMNS, items: blocks(items) }, flags);
    }
    const items = plan.steps.flatMap((step) => effectItems(step, 'planned'));
    await this.list({ columns: APPLY_COLUMNS, items: blocks(items) }, flags);
  }

  private async plan(
    { dynamo, schemaDir, liveName }: Session,
    ignore: readonly string[],
    names: readonly string[],
  ): Promise<Plan> {
    const definitions = await chooseDefinitions(schemaDir, names);
    return planTables(dynamo, { definitions, liveName, ignore, signal: this.stop.signal });
  }
}
