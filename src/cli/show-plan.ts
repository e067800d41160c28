import type { Plan } from '../app/tables/apply-tables.ts';
import type { Item } from '../domain/item.ts';
import type { Fact } from '../domain/schema/facts.ts';
import { indexUpdatesOf, type Step } from '../domain/schema/plan.ts';
import { itemOf } from '../output/items.ts';

/** Says a plan line by line, one step after the other. */
export function showPlan(plan: Plan, say: (line: string) => void): void {
  if (plan.steps.length === 0) return say('nothing to do: the tables match their schema files');
  for (const [at, step] of plan.steps.entries()) {
    say(`${at + 1}. ${step.table}: ${stepInWords(step)}`);
    for (const { path, before, after } of step.effects) say(`     ${path}: ${inWords(before)} -> ${inWords(after)}`);
  }
}

function stepInWords(step: Step): string {
  const [update] = indexUpdatesOf(step);
  if (step.operation === 'CreateTable') return 'create the table';
  if (update && 'Delete' in update) return `remove the index ${update.Delete.IndexName}`;
  if (update && 'Create' in update) return `add the index ${update.Create.IndexName}, and wait until it is backfilled`;
  return step.operation;
}

function inWords(fact: Fact): string {
  return fact === null ? 'none' : String(fact);
}

/** What a step changes, as items: the members of a difference, and what became of it. */
export function effectItems(step: Step, status: string): Item[] {
  const { operation, table } = step;
  const [update] = indexUpdatesOf(step);
  const creates = operation === 'CreateTable' || (update !== undefined && 'Create' in update);
  const change = creates ? 'create' : 'in-place';
  return step.effects.map(({ path, before, after }) => itemOf({ table, path, want: after, have: before, change, status }));
}
