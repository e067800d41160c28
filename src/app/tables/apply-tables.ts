import { MqdynError } from '../../domain/errors.ts';
import { CAPACITY_OF_INDEX, sameFact, type Difference } from '../../domain/schema/compare.ts';
import { keyInWords, knownOwner } from '../../domain/schema/definition.ts';
import { factsOf, type Fact } from '../../domain/schema/facts.ts';
import { stepsFor, type Step } from '../../domain/schema/plan.ts';
import { liveDefinition } from '../../domain/schema/live.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { readSettings } from '../../dynamo/table-settings.ts';
import { describeTable } from '../../dynamo/tables.ts';
import { differencesOf, type DiffOptions } from './diff-tables.ts';
import { withoutUnsupported, unsupportedInWords } from './unsupported.ts';
import { readPairs, refuseLocked, type Pair } from './live-tables.ts';
import { runStep, type StepOptions, type StepResult } from './run-steps.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** How a table was when a plan was made: its identity and everything that was read of it. */
export type PlannedTable = { table: string; id: string | null; facts: Record<string, Fact> | null };

/** What apply is going to do, where, and on what ground. It can be saved and carried out later. */
export type Plan = { target: string; tables: PlannedTable[]; steps: Step[] };

/**
 * Looks at every table and says what to do. Refuses, while nothing has changed, what cannot be done in place, what the
 * endpoint does not know, and tables that are locked.
 */
export async function planTables(dynamo: Dynamo, options: DiffOptions): Promise<Plan> {
  const pairs = await readPairs(dynamo, options.definitions, options);
  for (const { live } of pairs) refuseLocked(live);
  const changes = pairs.map((pair) => differencesOf(pair, options.ignore));
  refuseRecreation(pairs, changes.flat());
  const wanted = pairsOf(pairs, changes).flatMap(([{ want }, own]) => stepsFor(want, own));
  const { steps, unsupported } = await withoutUnsupported(dynamo, wanted);
  if (unsupported.length > 0) throw new MqdynError('E_UNSUPPORTED', unsupportedInWords(dynamo, unsupported));
  const tables = pairs
    .filter(({ want }) => steps.some(({ table }) => table === want.TableName))
    .map(({ want, live, have }) => ({
      table: want.TableName,
      id: live?.TableId ?? null,
      facts: have === undefined ? null : Object.fromEntries(factsOf(have)),
    }));
  return { target: dynamo.options.label, tables, steps };
}

function refuseRecreation(pairs: readonly Pair[], differences: readonly Difference[]): void {
  const fatal = differences.filter(({ change }) => change === 'recreate');
  const [first, ...others] = fatal;
  if (first === undefined) return;
  const live = pairs.find(({ want }) => want.TableName === first.table)?.live;
  const owner = first.path === 'KeySchema' && live ? knownOwner(live.KeySchema) : undefined;
  const whose = live === undefined || owner === undefined ? '' : ` (${keyInWords(live.KeySchema)} is ${owner})`;

  const index = /^GlobalSecondaryIndexes\.(.+)$/.exec(first.path)?.[1];
  throw new MqdynError('E_SCHEMA_CONFLICT', `${sentence(first)}${whose}; that cannot be changed in place`, {
    hint: index === undefined ? RECREATE_BY_HAND : replaceIndexByHand(index),
    detail: others.map(sentence),
  });
}

const RECREATE_BY_HAND =
  'Nothing was changed. Create a new table beside it with --table-prefix, copy the items, and point its readers to the new one.';

function replaceIndexByHand(index: string): string {
  return `Nothing was changed. By hand: give the new index another name, apply, switch its readers over, then remove ${index} from the file and apply again.`;
}

/** Refuses a saved plan whose tables are neither as they were when it was made nor as it makes them. */
export async function checkPlan(dynamo: Dynamo, plan: Plan, signal: AbortSignal): Promise<void> {
  if (plan.target !== dynamo.options.label) {
    throw new MqdynError('E_PLAN', `the plan was made for ${plan.target}, not for ${dynamo.options.label}`);
  }
  for (const planned of plan.tables) await checkTable(dynamo, planned, plan.steps, signal);
}

async function checkTable(dynamo: Dynamo, planned: PlannedTable, steps: readonly Step[], signal: AbortSignal): Promise<void> {
  const { table, id, facts } = planned;
  const live = await describeTable(dynamo, table, signal);
  if (facts === null) {
    if (live === undefined || live.TableStatus === 'DELETING') return;
    throw new MqdynError('E_PLAN', `${table} did not exist when the plan was made, but exists now`);
  }
  if (live === undefined || (id !== null && live.TableId !== id)) {
    throw new MqdynError('E_PLAN', `${table} is not the table that the plan was made for`);
  }
  const paths = Object.keys(facts);
  const names = (member: string) => paths.some((path) => path.startsWith(member));
  const effects = steps.filter((step) => step.table === table).flatMap((step) => step.effects);
  const settings = await readSettings(
    dynamo,
    live,
    {
      timeToLive: names('TimeToLiveSpecification'),
      recovery: names('PointInTimeRecoverySpecification'),
      tags: names('Tags.') || effects.some(({ path }) => path.startsWith('Tags.')),
    },
    signal,
  );
  const now = factsOf(liveDefinition(live, settings));
  for (const path of new Set([...paths, ...now.keys()])) {
    const is = now.get(path) ?? null;
    const between = effects.filter((effect) => effect.path === path).flatMap(({ before, after }) => [before, after]);
    const allowed = [facts[path] ?? null, ...between];
    const follows = isPartOfStep(path, effects);
    if (follows || allowed.some((fact) => sameFact(path, fact, is))) continue;
    throw new MqdynError(
      'E_PLAN',
      `${table}: ${path} was ${JSON.stringify(facts[path] ?? null)} and is now ${JSON.stringify(is)}`,
    );
  }
}

/** Facts that come and go with a planned one: capacity with the billing mode or an index, types with an index. */
function isPartOfStep(path: string, effects: Step['effects']): boolean {
  const changes = (other: string) => effects.some((effect) => effect.path === other);
  if (changes('BillingMode') && /(?:ProvisionedThroughput|OnDemandThroughput)\.[^.]+$/.test(path)) return true;
  const index = CAPACITY_OF_INDEX.exec(path)?.[1];
  if (index !== undefined && changes(index)) return true;
  return path.startsWith('AttributeDefinitions.') && effects.some((effect) => effect.path.startsWith('GlobalSecondaryIndexes.'));
}

/** Carries a plan out, one step after the other. `onStep` hears of every step that is done. */
export async function runPlan(
  dynamo: Dynamo,
  plan: Plan,
  options: StepOptions & { onStep?: (step: Step, result: StepResult, at: number) => void },
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const [at, step] of plan.steps.entries()) {
    const result = await runStep(dynamo, step, options);
    results.push(result);
    options.onStep?.(step, result, at);
  }
  return results;
}

function sentence({ table, path, want, have }: Difference): string {
  return `${table}: ${path} is ${have ?? 'not there'}, but the schema file says ${want ?? 'none'}`;
}
