import { countText, plural } from '../../../domain/count-text.ts';
import { MqdynError } from '../../../domain/errors.ts';
import { parsedObject } from '../../../domain/json/object.ts';
import { refuseOtherKeys } from '../../../domain/schema/conflict.ts';
import { below, s3Url, type S3Place } from '../../../domain/s3-place.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { requireOperation } from '../../../dynamo/features.ts';
import { describeBulkPut, recentBulkPuts, startBulkPut, type BulkJob } from '../../../dynamo/jobs.ts';
import type { Bucket } from '../../../dynamo/s3.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import { requireUsable } from '../../tables/check-tables.ts';
import { holdsItems } from '../holds-items.ts';
import { requireTable } from '../../tables/describe-table.ts';
import { dataPrefix, type ChosenExport } from './find-exports.ts';
import { follow, isRunning, jobToken, type Following, type JobOf } from './follow.ts';
import type { LoadRow } from './import-jobs.ts';
import { failureOf, isDenied, jobsError, startEach, type JobFault } from './job-faults.ts';

/** Its items are sets that brokers change all the time, and a put replaces the whole set. */
const MAP = 'mqtt_topic_msg_map';

export type BulkOptions = {
  place: S3Place;
  bucket: Bucket;
  chosen: readonly ChosenExport[];
  liveName: (table: string) => string;
  maxWcu?: number | undefined;
  /** Allows puts into a map that has items. */
  overwriteMap: boolean;
  /** Sets a new run apart from an earlier one of the same kind that has ended. */
  again?: number | undefined;
  /** What time it is, in Unix milliseconds. */
  now: number;
  signal: AbortSignal;
};

/** A table that is to be loaded; `known` is the job of the same request where there is one. */
export type BulkLoad = { table: string; live: LiveTable; chosen: ChosenExport; known: BulkJob | undefined };

/** So long DynamoDB knows a request again, in milliseconds. Source: DynamoDB API reference, StartBulkPutItems. */
const REMEMBERED = 28_800_000;

/** Refuses an endpoint that puts no exports into tables. */
export async function requireBulkPuts(dynamo: Dynamo): Promise<void> {
  await requireOperation(dynamo, 'StartBulkPutItems', 'mqdyn import reads a folder itself.');
}

/** Looks at everything before anything is started, and refuses what would do harm. */
export async function planBulkPuts(dynamo: Dynamo, options: BulkOptions): Promise<BulkLoad[]> {
  const { place, bucket, chosen, liveName, overwriteMap, again, now, signal } = options;
  await refuseSorted(bucket, place);
  const recent = (await recentBulkPuts(dynamo, now - REMEMBERED, signal)).filter((job) => again === undefined || isRunning(job));
  const loads = chosen.map(async (one): Promise<BulkLoad> => {
    const table = liveName(one.definition.TableName);
    const live = await requireTable(dynamo, table, signal);
    requireUsable(live);
    refuseOtherKeys(live, one.definition.KeySchema, 'the schema file wants');
    const prefix = dataPrefix(one.found);
    const known = recent.find((job) => job.tableId === live.TableId && job.bucket === place.bucket && job.prefix === prefix);
    return { table, live, chosen: one, known };
  });
  const all = await Promise.all(loads);
  for (const { table, chosen: one, known } of all) {
    if (one.definition.TableName === MAP && known === undefined && !overwriteMap) await refuseFilledMap(dynamo, table, signal);
  }
  return all;
}

async function refuseFilledMap(dynamo: Dynamo, table: string, signal: AbortSignal): Promise<void> {
  if (!(await holdsItems(dynamo, table, signal))) return;
  throw new MqdynError('E_NOT_EMPTY', `${table} has items: a put replaces the whole set of a topic, with what was queued since`, {
    hint: 'Name the other tables alone, or add --yes-overwrite-map where no broker is running.',
  });
}

/** Our own manifest says how the items lie; without one nothing is known. */
async function refuseSorted(bucket: Bucket, { prefix }: S3Place): Promise<void> {
  const key = below(prefix, 'manifest.json');
  const text = await bucket.text(key).catch((error: unknown) => {
    // the prefix may hold a manifest.json of somebody else
    if (error instanceof MqdynError && error.code === 'E_INPUT') return undefined;
    throw error;
  });
  if (text === undefined || parsedObject(text)?.['sorted'] !== true) return;
  throw new MqdynError(
    'E_SORTED',
    `${s3Url(bucket.name, prefix)} was exported with --sorted: one partition after the other would be hot`,
  );
}

/** What is about to be put, in words. */
export function loadsInWords(loads: readonly BulkLoad[]): string {
  return loads
    .map(({ table, chosen: { found } }) => `${countText(found.itemCount)} ${plural('item', found.itemCount)} into ${table}`)
    .join(', ');
}

/** Starts what has no job yet. Two runs at a time start one, too, as their requests have the same token. */
export async function startBulkPuts(
  dynamo: Dynamo,
  loads: readonly BulkLoad[],
  { place: { bucket }, maxWcu, again, signal }: BulkOptions,
): Promise<JobOf<BulkJob>[]> {
  return startEach(
    loads,
    ({ table }) => table,
    async ({ table, live, chosen: { found }, known }) => {
      if (known !== undefined) return known;
      const prefix = dataPrefix(found);
      const input = {
        ClientToken: jobToken(live.TableArn, live.TableId, bucket, prefix, maxWcu, again),
        TableName: table,
        InputS3Configuration: {
          S3Bucket: bucket,
          S3KeyPrefix: prefix,
          InputFormat: 'DYNAMODB_JSON' as const,
          InputCompressionType: 'GZIP' as const,
        },
        OutputS3Configuration: { S3Bucket: bucket, S3KeyPrefix: reportPrefix(prefix), OutputType: ['ERROR' as const] },
        ...(maxWcu === undefined ? {} : { MaxWriteRequestUnits: maxWcu }),
      };
      return startBulkPut(dynamo, input, signal);
    },
  );
}

/** Beside the data, where no reader of the export looks. */
function reportPrefix(data: string): string {
  return data.replace(/data\/$/, 'bulk-report/');
}

/** Follows bulk puts until all have ended. */
export function followBulkPuts(dynamo: Dynamo, jobs: readonly JobOf<BulkJob>[], following: Following): Promise<JobOf<BulkJob>[]> {
  return follow(jobs, (arn) => describeBulkPut(dynamo, arn, following.signal), following);
}

export function bulkRow({ table, job }: JobOf<BulkJob>, expected: number): LoadRow {
  const ended = !isRunning(job);
  return {
    table,
    status: job.status,
    job: job.arn,
    itemCount: job.processed - job.failed,
    expected,
    errors: job.failed,
    failure: ended && job.status !== 'COMPLETED' ? failureOf(job) : null,
  };
}

/** The error of bulk puts that ended otherwise than well, or whose count differs from that of the manifest. */
export function bulkError(rows: readonly LoadRow[], jobs: readonly JobOf<BulkJob>[]): MqdynError | undefined {
  const faults = jobs.flatMap(({ table, job }): JobFault[] => {
    const row = rows.find((one) => one.table === table);
    if (row === undefined || isRunning(job)) return [];
    const put = job.processed - job.failed;
    const report = job.failed > 0 ? `, see ${s3Url(job.bucket, reportPrefix(job.prefix))}` : '';
    const counts = `${put} of ${row.expected} items put, ${job.failed} ${plural('error', job.failed)}${report}`;
    if (row.failure !== null) return [{ table, says: `${row.failure} (${counts})`, partly: put > 0, denied: isDenied(job) }];
    return put === row.expected ? [] : [{ table, says: counts, partly: true, denied: false }];
  });
  const hint = 'Within eight hours the same command tells of the same job; --restart starts it once more.';
  return jobsError('bulk import', jobs.length, faults, hint);
}
