import { MqdynError } from '../../../domain/errors.ts';
import { keyParts, type KeyPart } from '../../../domain/export/keys.ts';
import { isBackendTable } from '../../../domain/records/tables.ts';
import { refuseOtherKeys } from '../../../domain/schema/conflict.ts';
import { keyInWords, type TableDefinition } from '../../../domain/schema/definition.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { missingTable } from '../../../dynamo/errors.ts';
import { retriedFor } from '../../../dynamo/retry.ts';
import { describeTable, type LiveTable } from '../../../dynamo/tables.ts';
import { requireUsable } from '../../tables/check-tables.ts';
import { createTables } from '../../tables/create-tables.ts';
import { withNearestTable } from '../../tables/nearest-table.ts';
import { holdsItems } from '../holds-items.ts';
import type { SourceTable } from './source.ts';

/** Longest wait for a table that is created, in milliseconds. */
const CREATE_WAIT_MS = 300_000;

export type TargetOptions = {
  liveName: (table: string) => string;
  /** The schema files. */
  definitions: readonly TableDefinition[];
  retryForMs: number;
  signal: AbortSignal;
  notice: (sentence: string) => void;
};

/** Where a table of a source goes. `have` is undefined where there is no such table, and `want` what it would be created from. */
export type Target = {
  table: string;
  live: string;
  have: LiveTable | undefined;
  want: TableDefinition | undefined;
  keys: readonly KeyPart[];
};

/** Looks at the tables that an import writes to. One with other keys than the source has is E_SCHEMA_CONFLICT. */
export function findTargets(dynamo: Dynamo, tables: readonly SourceTable[], options: TargetOptions): Promise<Target[]> {
  return Promise.all(tables.map((table) => findTarget(dynamo, table, options)));
}

async function findTarget(dynamo: Dynamo, source: SourceTable, options: TargetOptions): Promise<Target> {
  const { table } = source;
  const live = options.liveName(table);
  const want = source.schema ?? options.definitions.find(({ TableName }) => TableName === table);
  const have = await describeTable(dynamo, live, options.signal);
  if (have !== undefined) requireUsable(have);
  const keyed = have ?? want;
  if (keyed !== undefined) refuseOther({ ...keyed, TableName: live }, source);
  return { table, live, have, want, keys: keyParts(table, keyed && asDefinition(keyed)) ?? [] };
}

function refuseOther(live: Pick<TableDefinition, 'TableName' | 'KeySchema'>, { keys }: SourceTable): void {
  if (keys === undefined) return;
  if (!('names' in keys)) return refuseOtherKeys(live, keys, 'the source has');
  const own = live.KeySchema.map(({ AttributeName }) => AttributeName);
  if (own.length === keys.names.length && own.every((name) => keys.names.includes(name))) return;
  throw new MqdynError(
    'E_SCHEMA_CONFLICT',
    `${live.TableName} has key ${keyInWords(live.KeySchema)}, the source has (${keys.names.join(', ')})`,
  );
}

function asDefinition({ TableName, KeySchema, AttributeDefinitions }: TableDefinition | LiveTable): TableDefinition {
  return { TableName, KeySchema, AttributeDefinitions };
}

/** Refuses what is not there and is not to be created, or cannot be. */
export async function refuseMissing(
  dynamo: Dynamo,
  targets: readonly Target[],
  { create, ...options }: TargetOptions & { create: boolean },
): Promise<void> {
  for (const { table, live, have, want } of targets) {
    if (have !== undefined || (create && want !== undefined)) continue;
    const { message, hint } = missingTable(live, dynamo.options);
    const error = new MqdynError('E_NO_TABLE', message, {
      hint: create ? 'Nothing tells its schema: create it first.' : want === undefined ? hint : 'Have it created with --create.',
    });
    throw create || isBackendTable(table) || want !== undefined
      ? error
      : await withNearestTable(error, dynamo, { ...options, table });
  }
}

/** Whether the table of a target holds items, patiently. */
export function isFilled(dynamo: Dynamo, { live }: Target, { retryForMs, signal }: TargetOptions): Promise<boolean> {
  return retriedFor(retryForMs, () => holdsItems(dynamo, live, signal), signal);
}

/** Refuses tables that hold items already. */
export async function refuseFilled(dynamo: Dynamo, targets: readonly Target[], options: TargetOptions): Promise<void> {
  const there = targets.filter(({ have }) => have !== undefined);
  const filled = await Promise.all(there.map((target) => isFilled(dynamo, target, options)));
  const names = there.filter((_, index) => filled[index]).map(({ live }) => live);
  if (names.length === 0) return;
  throw new MqdynError('E_NOT_EMPTY', `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} items`);
}

/** Creates what is missing. Resolves with all live tables. */
export async function createMissing(dynamo: Dynamo, targets: readonly Target[], options: TargetOptions): Promise<LiveTable[]> {
  const missing = targets.flatMap(({ table, have, want }) =>
    have === undefined && want !== undefined ? [{ ...want, TableName: table }] : [],
  );
  if (missing.length > 0) {
    const created = { ...options, definitions: missing, dryRun: false, wait: true, waitMs: CREATE_WAIT_MS };
    await createTables(dynamo, created);
    options.notice(`created ${missing.map(({ TableName }) => options.liveName(TableName)).join(', ')}`);
  }
  return liveTables(dynamo, targets, options);
}

/** The tables as they are now. */
async function liveTables(dynamo: Dynamo, targets: readonly Target[], { signal }: TargetOptions): Promise<LiveTable[]> {
  return Promise.all(
    targets.map(async ({ live, have }) => {
      const now = have ?? (await describeTable(dynamo, live, signal));
      if (now === undefined) throw new MqdynError('E_NO_TABLE', `${live} was dropped`);
      return now;
    }),
  );
}
