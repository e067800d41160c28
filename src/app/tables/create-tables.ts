import { MqdynError } from '../../domain/errors.ts';
import { missingTable } from '../../domain/schema/compare.ts';
import { refuseOtherKeys } from '../../domain/schema/conflict.ts';
import { withBilling, type TableDefinition } from '../../domain/schema/definition.ts';
import { stepsFor } from '../../domain/schema/plan.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { isService } from '../../dynamo/errors.ts';
import { createTable, type LiveTable } from '../../dynamo/tables.ts';
import { waitUntilActive, waitUntilGone, whileBusy } from '../../dynamo/table-waits.ts';
import { differencesOf } from './diff-tables.ts';
import { withoutUnsupported, unsupportedInWords } from './unsupported.ts';
import { readPairs, refuseLocked, type Pair } from './live-tables.ts';
import { runStep } from './run-steps.ts';

export type CreateOptions = {
  definitions: readonly TableDefinition[];
  liveName: (table: string) => string;
  billing?: 'provisioned' | 'on-demand';
  dryRun: boolean;
  wait: boolean;
  /** Longest wait for one table, in milliseconds. */
  waitMs: number;
  signal: AbortSignal;
  notice: (sentence: string) => void;
};

export type Created = { table: string; status: 'created' | 'exists' | 'would-create' };

/**
 * Creates what is missing and waits until all of it is ACTIVE. Every table is looked at before the first one is created: a
 * live table with another key schema is refused while nothing has changed yet.
 */
export async function createTables(dynamo: Dynamo, options: CreateOptions): Promise<Created[]> {
  const { billing, dryRun, notice } = options;
  const definitions = options.definitions.map((one) => (billing === undefined ? one : withBilling(one, billing)));
  const pairs = await readPairs(dynamo, definitions, options);
  for (const { want, live, have } of pairs) {
    refuseLocked(live);
    if (have !== undefined) refuseForeign(want, live);
  }
  for (const pair of pairs) noteDrift(pair, notice);
  const missing = pairs.filter(({ have }) => have === undefined);
  const wanted = missing.flatMap(({ want }) => stepsFor(want, [missingTable(want)]));
  const { steps, unsupported } = dryRun ? { steps: [], unsupported: [] } : await withoutUnsupported(dynamo, wanted);
  if (unsupported.length > 0) notice(`note: ${unsupportedInWords(dynamo, unsupported)}; the tables are created without them`);

  const inputs = steps.filter((step) => step.operation === 'CreateTable');
  for (const [at, step] of inputs.entries()) {
    const live = missing.find(({ want }) => want.TableName === step.table)?.live;
    if (live !== undefined) await waitUntilGone(dynamo, step.table, options);
    await whileBusy(() => createTable(dynamo, step.input, options.signal), options).catch((error: unknown) => {
      throw busyError(error, at, inputs.length);
    });
  }
  if (options.wait && !dryRun) {
    for (const { want } of pairs) refuseForeign(want, await waitUntilActive(dynamo, want.TableName, options));
  }
  const later = steps.filter(({ operation }) => operation !== 'CreateTable');
  if (options.wait) for (const step of later) await runStep(dynamo, step, options);
  else if (later.length > 0) {
    const tables = [...new Set(later.map(({ table }) => table))].join(', ');
    notice(`note: mqdyn tables apply sets the remaining settings of ${tables} once the tables are ACTIVE`);
  }
  return pairs.map(({ want, have }) => ({
    table: want.TableName,
    status: have !== undefined ? 'exists' : dryRun ? 'would-create' : 'created',
  }));
}

/** A table that is there is never changed by create; what differs is named. */
function noteDrift(pair: Pair, notice: (sentence: string) => void): void {
  if (pair.have === undefined) return;
  const paths = differencesOf(pair, []).map(({ path }) => path);
  if (paths.length === 0) return;
  notice(`note: ${pair.want.TableName} already exists and differs in ${paths.join(', ')}; see mqdyn tables diff`);
}

/** DynamoDB makes so many tables at a time and no more; what was created stays, and a second run goes on. */
function busyError(error: unknown, created: number, all: number): unknown {
  if (!isService(error, 'LimitExceededException')) return error;
  return new MqdynError('E_WAIT', `created ${created}, pending ${all - created} (${error.serviceMessage})`, {
    hint: 'Run the same command again to continue.',
    cause: error,
  });
}

/** What has other keys than its schema file wants is somebody else's. */
export function refuseForeign(want: TableDefinition, have: LiveTable | undefined): void {
  if (have !== undefined) refuseOtherKeys(have, want.KeySchema, 'the schema file wants');
}
