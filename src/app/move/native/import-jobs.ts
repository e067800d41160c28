import { plural } from '../../../domain/count-text.ts';
import { MqdynError } from '../../../domain/errors.ts';
import type { TableDefinition } from '../../../domain/schema/definition.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { requireOperation } from '../../../dynamo/features.ts';
import {
  CREATION_MEMBERS,
  describeImport,
  listImports,
  startImport,
  type ImportJob,
  type ListedImport,
} from '../../../dynamo/jobs.ts';
import { describeTable } from '../../../dynamo/tables.ts';
import { dataPrefix, type ChosenExport } from './find-exports.ts';
import { follow, isRunning, jobToken, type Following, type JobOf } from './follow.ts';
import { failureOf, isDenied, jobsError, startEach, type JobFault } from './job-faults.ts';

export type ImportOptions = {
  bucket: string;
  chosen: readonly ChosenExport[];
  liveName: (table: string) => string;
  signal: AbortSignal;
};

/** What became of a load. */
export type LoadRow = {
  table: string;
  status: string;
  job: string;
  /** Items that were put; those that the job counts. */
  itemCount: number | null;
  /** Items of the export by its manifest. */
  expected: number;
  errors: number | null;
  failure: string | null;
};

type Planned = {
  definition: TableDefinition;
  prefix: string;
  last: ListedImport | undefined;
  /** The job that is making the table or has made it. */
  known: ImportJob | undefined;
  /** True for a table that something else made. */
  foreign: boolean;
};

/** Refuses an endpoint that makes no tables of exports. */
export async function requireImports(dynamo: Dynamo): Promise<void> {
  await requireOperation(dynamo, 'ImportTable', 'mqdyn import reads a folder itself.');
}

/**
 * Has DynamoDB make new tables of exports. Every table is looked at before the first one is made: one that is there already is
 * refused, unless the last import from the same place made it; that one is followed then.
 */
export async function startImports(dynamo: Dynamo, options: ImportOptions): Promise<JobOf<ImportJob>[]> {
  const { bucket, chosen, liveName, signal } = options;
  for (const { definition } of chosen) refuseLocalIndexes(definition);
  const listed = await listImports(dynamo, signal);
  const plan = chosen.map(async ({ definition, found }): Promise<Planned> => {
    const want = { ...definition, TableName: liveName(definition.TableName) };
    const prefix = dataPrefix(found);
    const same = listed.filter((one) => one.table === want.TableName && one.bucket === bucket && one.prefix === prefix);
    const [last] = same;
    return { definition: want, prefix, last, ...(await lookAtTable(dynamo, want.TableName, last, signal)) };
  });
  const planned = await Promise.all(plan);
  refuseForeign(planned);
  return startEach(
    planned,
    ({ definition }) => definition.TableName,
    async ({ definition, prefix, last, known }) => {
      if (known !== undefined) return known;
      // a table that went after an earlier import is made by another job
      const token = jobToken(bucket, prefix, JSON.stringify(definition), last?.arn);
      return startImport(dynamo, { definition, bucket, prefix, token }, signal);
    },
  );
}

/** Follows imports until all have ended. */
export function followImports(
  dynamo: Dynamo,
  jobs: readonly JobOf<ImportJob>[],
  following: Following,
): Promise<JobOf<ImportJob>[]> {
  return follow(jobs, (arn) => describeImport(dynamo, arn, following.signal), following);
}

/** Whether there is a table, and whether the last import from the same place made it. */
async function lookAtTable(
  dynamo: Dynamo,
  table: string,
  last: ListedImport | undefined,
  signal: AbortSignal,
): Promise<Pick<Planned, 'known' | 'foreign'>> {
  const live = await describeTable(dynamo, table, signal);
  const job = last === undefined ? undefined : await describeImport(dynamo, last.arn, signal);
  const own = job !== undefined && (isRunning(job) || (live !== undefined && job.tableId === live.TableId));
  return own ? { known: job, foreign: false } : { known: undefined, foreign: live !== undefined };
}

function refuseForeign(planned: readonly Planned[]): void {
  const names = planned.filter(({ foreign }) => foreign).map(({ definition }) => definition.TableName);
  if (names.length === 0) return;
  const there = names.length === 1 ? 'is there already' : 'are there already';
  throw new MqdynError('E_EXISTS', `${names.join(', ')} ${there}, and --native makes new tables`);
}

function refuseLocalIndexes({ TableName: table, LocalSecondaryIndexes: indexes = [] }: TableDefinition): void {
  if (indexes.length === 0) return;
  throw new MqdynError('E_UNSUPPORTED', `${table} has local secondary indexes, which DynamoDB's import cannot make`, {
    hint: 'Create the table, then use --bulk.',
  });
}

/** Settings of a definition that an import leaves at their default. */
export function settingsLeft(chosen: readonly ChosenExport[]): string[] {
  const names = chosen.flatMap(({ definition }) => Object.keys(definition));
  return [...new Set(names)].filter((name) => !CREATION_MEMBERS.has(name));
}

export function importRow({ table, job }: JobOf<ImportJob>, expected: number): LoadRow {
  const ended = !isRunning(job);
  return {
    table,
    status: job.status,
    job: job.arn,
    // counters stay 0 until the end
    itemCount: ended ? job.imported : null,
    expected,
    errors: ended ? job.errors : null,
    failure: ended && job.status !== 'COMPLETED' ? failureOf(job) : null,
  };
}

/** The error of imports that ended otherwise than well, or whose count differs from that of the manifest. */
export function importsError(rows: readonly LoadRow[], jobs: readonly JobOf<ImportJob>[]): MqdynError | undefined {
  const faults = jobs.flatMap(({ table, job }): JobFault[] => {
    const row = rows.find((one) => one.table === table);
    if (row === undefined || isRunning(job)) return [];
    const counts = `${job.imported} of ${row.expected} items imported, ${job.errors} ${plural('error', job.errors)}`;
    const denied = isDenied(job);
    if (row.failure !== null) {
      const left = job.imported > 0 ? `; ${table} stays, partly filled` : '';
      return [{ table, says: `${row.failure} (${counts}${left})`, partly: job.imported > 0, denied }];
    }
    return job.imported === row.expected ? [] : [{ table, says: counts, partly: true, denied: false }];
  });
  const hint = 'Bad lines are in CloudWatch Logs, /aws-dynamodb/imports. A table that an import left behind has to go first.';
  return jobsError('import', jobs.length, faults, hint);
}
