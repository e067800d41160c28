import { MqdynError } from '../../../domain/errors.ts';
import { s3Url, type S3Place } from '../../../domain/s3-place.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { requireOperation } from '../../../dynamo/features.ts';
import { runningExports, startExport, describeExport, type ExportJob } from '../../../dynamo/jobs.ts';
import type { Bucket } from '../../../dynamo/s3.ts';
import { readSettings } from '../../../dynamo/table-settings.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import { requireTable } from '../../tables/describe-table.ts';
import { failureOf, isDenied, jobsError, startEach, type JobFault } from './job-faults.ts';
import { follow, isRunning, jobToken, type Following, type JobOf } from './follow.ts';

/** Times are Unix milliseconds. */
export type ExportOptions = {
  /** Live names. */
  tables: readonly string[];
  place: S3Place;
  bucket: Bucket;
  /** The instant of a full export; left out, it is now, or that of the same export where it is under way. */
  at?: number | undefined;
  /** The window of an incremental export. */
  window?: { from: number; to: number } | undefined;
  /** Sets a new run apart from an earlier one of the same kind. */
  again?: number | undefined;
  now: number;
  signal: AbortSignal;
  notice: (sentence: string) => void;
};

export type ExportRow = {
  table: string;
  status: string;
  job: string;
  itemCount: number | null;
  billedSizeBytes: number | null;
  /** The instant of the data, in ISO 8601. */
  at: string | null;
  /** `s3://` address of the manifest. */
  manifest: string | null;
  failure: string | null;
};

/**
 * Has DynamoDB export tables to S3, all as of one instant. Each is looked at before the first one is started. The same request
 * starts a job once within eight hours, which is as long as DynamoDB remembers its token; beyond that, jobs that still run are
 * found in their list.
 */
export async function startExports(dynamo: Dynamo, options: ExportOptions): Promise<{ at: number; jobs: JobOf<ExportJob>[] }> {
  const { tables, place, window, again, signal } = options;
  await requireOperation(dynamo, 'ExportTableToPointInTime', 'mqdyn export --out DIR reads the tables itself.');
  const live = await Promise.all(tables.map((table) => requireTable(dynamo, table, signal)));
  await requireRecovery(dynamo, live, signal);
  await checkBucket(options);
  const running = again === undefined ? await runningOf(dynamo, live, options) : [];
  const at = window?.to ?? options.at ?? latest(running) ?? Math.floor(options.now / 1_000) * 1_000;
  const jobs = await startEach(
    live,
    ({ TableName: table }) => table,
    async ({ TableName: table, TableArn: arn }) => {
      const known = running.find((one) => one.table === table && one.job.at === at);
      if (known !== undefined) return known.job;
      const { bucket, prefix } = place;
      const input = {
        TableArn: arn,
        S3Bucket: bucket,
        ...(prefix === '' ? {} : { S3Prefix: prefix }),
        ExportFormat: 'DYNAMODB_JSON' as const,
        ClientToken: jobToken(arn, bucket, prefix, window?.from, at, again),
        ...(window === undefined ? { ExportType: 'FULL_EXPORT' as const, ExportTime: new Date(at) } : incremental(window)),
      };
      return startExport(dynamo, input, signal);
    },
  );
  return { at, jobs };
}

function incremental({ from, to }: { from: number; to: number }) {
  return {
    ExportType: 'INCREMENTAL_EXPORT' as const,
    IncrementalExportSpecification: {
      ExportFromTime: new Date(from),
      ExportToTime: new Date(to),
      ExportViewType: 'NEW_AND_OLD_IMAGES' as const,
    },
  };
}

/** Follows exports until all have ended. */
export function followExports(
  dynamo: Dynamo,
  jobs: readonly JobOf<ExportJob>[],
  following: Following,
): Promise<JobOf<ExportJob>[]> {
  return follow(jobs, (arn) => describeExport(dynamo, arn, following.signal), following);
}

/** Point-in-time recovery is what DynamoDB reads an export from. Where it may not be looked at, the job itself tells. */
async function requireRecovery(dynamo: Dynamo, live: readonly LiveTable[], signal: AbortSignal): Promise<void> {
  const off = live.map(async (table) => {
    try {
      const wanted = { timeToLive: false, recovery: true, tags: false };
      const { recovery } = await readSettings(dynamo, table, wanted, signal);
      return recovery?.PointInTimeRecoveryStatus === 'ENABLED' ? [] : [table.TableName];
    } catch (error) {
      if (error instanceof MqdynError && error.code === 'E_DENIED') return [];
      throw error;
    }
  });
  const names = (await Promise.all(off)).flat();
  if (names.length > 0) throw new MqdynError('E_RECOVERY', `point-in-time recovery is off for ${names.join(', ')}`);
}

/** DynamoDB finds out about a missing bucket only when the export fails. It may write where this user may not look. */
async function checkBucket({ bucket, notice }: ExportOptions): Promise<void> {
  try {
    await bucket.check();
  } catch (error) {
    if (!(error instanceof MqdynError) || error.code === 'E_BUCKET' || error.code === 'E_ENDPOINT_UNSAFE') throw error;
    notice(`note: could not look at the bucket beforehand (${error.message})`);
  }
}

/** Exports of the same kind to the same place that have not ended. */
async function runningOf(
  dynamo: Dynamo,
  live: readonly LiveTable[],
  { place, window, signal }: ExportOptions,
): Promise<JobOf<ExportJob>[]> {
  const each = live.map(async ({ TableName: table, TableArn: arn = table }) => {
    const jobs = await runningExports(dynamo, arn, signal);
    const same = jobs.filter(({ bucket, prefix }) => bucket === place.bucket && prefix.replace(/\/+$/, '') === place.prefix);
    return same.filter((job) => job.from === window?.from).map((job) => ({ table, job }));
  });
  return (await Promise.all(each)).flat();
}

function latest(running: readonly JobOf<ExportJob>[]): number | undefined {
  const times = running.flatMap(({ job }) => job.at ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

export function exportRow({ table, job }: JobOf<ExportJob>): ExportRow {
  return {
    table,
    status: job.status,
    job: job.arn,
    itemCount: job.itemCount ?? null,
    billedSizeBytes: job.billedSizeBytes ?? null,
    at: job.at === undefined ? null : new Date(job.at).toISOString(),
    manifest: job.manifest === undefined ? null : s3Url(job.bucket, job.manifest),
    failure: isRunning(job) || job.status === 'COMPLETED' ? null : failureOf(job),
  };
}

/** The error of exports that ended otherwise than well. */
export function exportsError(jobs: readonly JobOf<ExportJob>[]): MqdynError | undefined {
  const faults = jobs.flatMap(({ table, job }): JobFault[] => {
    if (isRunning(job) || job.status === 'COMPLETED') return [];
    return [{ table, says: failureOf(job), partly: false, denied: isDenied(job) }];
  });
  return jobsError('export', jobs.length, faults, 'Correct what it names, then start it once more with --restart.');
}
