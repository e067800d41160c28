import { MqdynError } from '../../domain/errors.ts';
import { sameFact } from '../../domain/schema/compare.ts';
import type { Facts } from '../../domain/schema/facts.ts';
import type { LiveSettings } from '../../domain/schema/live.ts';
import type { Effect, Step } from '../../domain/schema/plan.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { pause } from '../../dynamo/back-off.ts';
import { changeTable, createTable, describeTable } from '../../dynamo/tables.ts';
import { waitUntilGone, waitUntilSettled, whileBusy } from '../../dynamo/table-waits.ts';
import { readFacts } from './live-tables.ts';

export type StepOptions = { waitMs: number; signal: AbortSignal };

export type StepResult = 'applied' | 'already';

/** So long a setting may take to show after its call was taken, in milliseconds. */
const SHOWS_WITHIN = 10_000;
const LOOK_AGAIN = 250;

/**
 * Carries one step out: the table must be as the step expects it, and must be changed afterwards. A step whose effect is
 * there already is passed over, so that an interrupted run can simply be started again.
 */
export async function runStep(dynamo: Dynamo, step: Step, options: StepOptions): Promise<StepResult> {
  if (step.operation === 'CreateTable') return create(dynamo, step, options);
  const { operation } = step;
  await waitUntilSettled(dynamo, step.table, options);
  const paths = step.effects.map(({ path }) => path);
  const before = await readFacts(dynamo, step.table, paths, options.signal);
  if (before === undefined) throw new MqdynError('E_PLAN', `${step.table} is gone`);
  if (holds(step.effects, before.facts)) return 'already';
  refuseMoved(step, before.facts);
  const input = { ...step.input, ...addressOf(step, before.live.TableArn), ...withOldAttribute(step, before.settings) };
  await whileBusy(() => changeTable(dynamo, operation, input, options.signal), options);
  await waitUntilSettled(dynamo, step.table, options);
  await expectEffects(dynamo, step, options);
  return 'applied';
}

async function create(
  dynamo: Dynamo,
  step: Extract<Step, { operation: 'CreateTable' }>,
  options: StepOptions,
): Promise<StepResult> {
  const live = await describeTable(dynamo, step.table, options.signal);
  if (live?.TableStatus === 'DELETING') await waitUntilGone(dynamo, step.table, options);
  else if (live !== undefined) return 'already';
  await whileBusy(() => createTable(dynamo, step.input, options.signal), options);
  await waitUntilSettled(dynamo, step.table, options);
  return 'applied';
}

function holds(effects: readonly Effect[], facts: Facts): boolean {
  return effects.every(({ path, after }) => same(path, after, facts));
}

function same(path: string, expected: Effect['after'], facts: Facts): boolean {
  return sameFact(path, expected, facts.get(path) ?? null);
}

/** Someone else changed the same thing since it was planned: whose wish counts is not ours to say. */
function refuseMoved({ table, effects }: Step, facts: Facts): void {
  const moved = effects.find(({ path, before, after }) => !same(path, before, facts) && !same(path, after, facts));
  if (moved === undefined) return;
  const now = JSON.stringify(facts.get(moved.path) ?? null);
  throw new MqdynError('E_PLAN', `${table}: ${moved.path} was ${JSON.stringify(moved.before)} and is now ${now}`);
}

/** Tags go by the ARN of the table, everything else by its name. */
function addressOf({ operation, table }: Step, arn: string | undefined): Record<string, unknown> {
  return operation === 'TagResource' || operation === 'UntagResource' ? { ResourceArn: arn } : { TableName: table };
}

/** To switch TTL off, the call wants to hear the attribute that is in use. */
function withOldAttribute(step: Step, settings: LiveSettings) {
  if (step.operation !== 'UpdateTimeToLive') return {};
  const { TimeToLiveSpecification: specification } = step.input;
  if (specification.AttributeName !== undefined || settings.timeToLive?.AttributeName === undefined) return {};
  return { TimeToLiveSpecification: { ...specification, AttributeName: settings.timeToLive.AttributeName } };
}

/** Waits until the change shows. An engine that takes a call and forgets it is found out here. */
async function expectEffects(dynamo: Dynamo, step: Step, { signal }: StepOptions): Promise<void> {
  const paths = step.effects.map(({ path }) => path);
  const deadline = performance.now() + SHOWS_WITHIN;
  for (;;) {
    const now = await readFacts(dynamo, step.table, paths, signal);
    if (now !== undefined && holds(step.effects, now.facts)) return;
    if (performance.now() > deadline) {
      const unchanged = step.effects.find(({ path, after }) => now === undefined || !same(path, after, now.facts));
      throw new MqdynError(
        'E_UNSUPPORTED',
        `${dynamo.options.label} accepted ${step.operation} for ${step.table}, but ${unchanged?.path} did not change`,
        { hint: 'The steps before it were carried out; mqdyn tables diff shows what is left.' },
      );
    }
    await pause(LOOK_AGAIN, signal);
  }
}
