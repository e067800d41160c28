import { MqdynError } from '../../domain/errors.ts';
import { readDocument } from '../../domain/json/syntax.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { verified, withChecksum } from '../../files/checksum.ts';
import { readTextFile } from '../../files/text.ts';
import type { Plan } from './apply-tables.ts';

const VERSION = 1;
const OPERATIONS = ['CreateTable', 'UpdateTable', 'UpdateTimeToLive', 'UpdateContinuousBackups', 'TagResource', 'UntagResource'];

/** Saves a plan; the file appears whole or not at all. */
export async function savePlan(path: string, plan: Plan): Promise<void> {
  await writeAtomically(path, 'the plan', `${JSON.stringify(withChecksum({ mqdynPlan: VERSION, ...plan }), null, 2)}\n`);
}

/** Reads a saved plan. What is no plan of this version, or not as it was saved, is refused; nothing was done then. */
export async function loadPlan(path: string): Promise<Plan> {
  const text = await readTextFile(path);
  if (text === undefined) throw new MqdynError('E_INPUT', `${path} cannot be read (ENOENT)`, { hint: 'Nothing was changed.' });
  const read = readDocument(text);
  if ('fault' in read) {
    const { line, column, message } = read.fault;
    throw new MqdynError('E_INPUT', `${path}:${line}:${column}: ${message}`, { hint: 'Nothing was changed.' });
  }
  const { mqdynPlan }: { mqdynPlan?: unknown } = Object(read.document.value);
  if (mqdynPlan !== VERSION) {
    throw new MqdynError('E_INPUT', `${path} is not a plan of this version of the program`, {
      hint: 'Nothing was changed.',
    });
  }
  const plan = verified(read.document.value);
  if (plan === undefined || !isPlan(plan)) {
    throw new MqdynError('E_INPUT', `${path} has been altered since it was saved (its checksum is wrong)`, {
      hint: 'Nothing was changed. Make a new plan: mqdyn tables apply --plan-out FILE',
    });
  }
  return { target: plan.target, tables: plan.tables, steps: plan.steps };
}

/** The checksum says that nothing was changed since; whoever wrote it may still have been another program. */
function isPlan(value: object): value is Plan {
  const plan: Partial<Plan> = value;
  const { tables } = plan;
  return (
    typeof plan.target === 'string' &&
    Array.isArray(tables) &&
    tables.every((table) => typeof table?.table === 'string') &&
    Array.isArray(plan.steps) &&
    plan.steps.every(
      (step) =>
        typeof step?.table === 'string' &&
        OPERATIONS.includes(step.operation) &&
        typeof step.input === 'object' &&
        Array.isArray(step.effects) &&
        (step.operation !== 'CreateTable' || step.input.TableName === step.table) &&
        tables.some(({ table }) => table === step.table),
    )
  );
}
