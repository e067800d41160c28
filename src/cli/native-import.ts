import { Flags } from '@oclif/core';
import {
  bulkError,
  bulkRow,
  followBulkPuts,
  loadsInWords,
  planBulkPuts,
  requireBulkPuts,
  startBulkPuts,
  type BulkOptions,
} from '../app/move/native/bulk-jobs.ts';
import { chooseExports, findExports, type ChosenExport } from '../app/move/native/find-exports.ts';
import {
  followImports,
  importRow,
  importsError,
  requireImports,
  settingsLeft,
  startImports,
  type LoadRow,
} from '../app/move/native/import-jobs.ts';
import { chooseDefinitions } from '../app/tables/load-definitions.ts';
import { MqdynError } from '../domain/errors.ts';
import { parseS3Place, s3Url, type S3Place } from '../domain/s3-place.ts';
import type { Bucket } from '../dynamo/s3.ts';
import { NATIVE_IMPORT_COLUMNS, startedColumns } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';
import { confirmBulk } from './confirm.ts';
import { followJobs, startJobs, type JobsHost } from './native-jobs.ts';

export const nativeImportFlags = {
  native: Flags.string({
    helpGroup: 'AWS JOB',
    helpValue: 's3://BUCKET/PREFIX',
    exclusive: ['bulk'],
    summary: 'have DynamoDB itself make new tables of the exports below this prefix',
  }),
  bulk: Flags.string({
    helpGroup: 'AWS JOB',
    helpValue: 's3://BUCKET/PREFIX',
    summary: 'have DynamoDB itself put the exports below this prefix into existing tables',
  }),
  'no-wait': Flags.boolean({ helpGroup: 'AWS JOB', summary: 'start the jobs, print their ARNs and do not follow them' }),
  'yes-overwrite-map': Flags.boolean({
    helpGroup: 'AWS JOB',
    dependsOn: ['bulk'],
    summary: 'replace the sets of a mqtt_topic_msg_map that has items; not while a broker runs',
  }),
  yes: Flags.boolean({ char: 'y', summary: 'do not ask for confirmation' }),
};

/** Paragraphs for the description of the command. */
export const NATIVE_IMPORT_HELP = `With --native DynamoDB makes new tables by the schema files, with --bulk it puts items into existing ones, and reads the exports
from S3 itself. One full export of each table lies below the prefix. The jobs go on when this command is stopped, and the same
command follows them. Their counts are compared with the manifests. --bulk replaces items with equal keys, whoever wrote them later,
and never the items of mqtt_topic_msg_map unless that is empty. Exit 3 when some items came in and others not.`;

export type NativeImportFlags = {
  native?: string | undefined;
  bulk?: string | undefined;
  'max-wcu'?: number | undefined;
  'no-wait': boolean;
  restart: boolean;
  'yes-overwrite-map': boolean;
  yes: boolean;
};

/** Source: DynamoDB API reference, StartBulkPutItems. */
const LEAST_WCU = 1_024;

/** Has DynamoDB load the named tables, or all that have an export, and shows what became of it. */
export async function nativeImport(host: JobsHost, names: readonly string[], flags: NativeImportFlags): Promise<void> {
  const [flag, url] = flags.native === undefined ? ['--bulk', flags.bulk] : ['--native', flags.native];
  const place = parseS3Place(url ?? '', flag);
  const wcu = flags['max-wcu'];
  if (flag === '--bulk' && wcu !== undefined && wcu < LEAST_WCU) {
    throw new MqdynError('E_USAGE', `--max-wcu is ${LEAST_WCU} or more with --bulk`);
  }
  const { dynamo, schemaDir, liveName } = host.session;
  const definitions = await chooseDefinitions(schemaDir, names);
  await (flag === '--bulk' ? requireBulkPuts : requireImports)(dynamo);
  // loaded only here: no other command needs S3
  const { openBucket } = await import('../dynamo/s3.ts');
  const bucket = await openBucket(dynamo, place.bucket, host);
  try {
    const chosen = chooseExports(await findExports(bucket, place.prefix), {
      definitions,
      named: names.length > 0,
      liveName,
      where: s3Url(place.bucket, place.prefix),
      notice: (sentence) => host.note(sentence),
    });
    if (flag === '--bulk') await bulk(host, place, bucket, chosen, flags);
    else await newTables(host, place, chosen, flags);
  } finally {
    bucket.close();
  }
}

async function newTables(
  host: JobsHost,
  place: S3Place,
  chosen: readonly ChosenExport[],
  flags: NativeImportFlags,
): Promise<void> {
  const { dynamo, liveName } = host.session;
  const options = { bucket: place.bucket, chosen, liveName, signal: host.signal };
  const started = await startJobs(host, () => startImports(dynamo, options));
  const jobs = flags['no-wait']
    ? started
    : await followJobs(host, FOLLOWING, (following) => followImports(dynamo, started, following));
  const expected = expectedOf(chosen, liveName);
  const rows = jobs.map((job) => importRow(job, expected.get(job.table) ?? 0));
  await show(host, rows, flags);
  const error = importsError(rows, jobs);
  if (error !== undefined) throw error;
  const left = settingsLeft(chosen);
  if (left.length > 0) host.note(`note: an import leaves out ${left.join(', ')}; mqdyn tables apply sets them`);
}

async function bulk(
  host: JobsHost,
  place: S3Place,
  bucket: Bucket,
  chosen: readonly ChosenExport[],
  flags: NativeImportFlags,
): Promise<void> {
  const { dynamo, liveName } = host.session;
  const options: BulkOptions = {
    place,
    bucket,
    chosen,
    liveName,
    maxWcu: flags['max-wcu'],
    overwriteMap: flags['yes-overwrite-map'],
    again: flags.restart ? host.io.now() : undefined,
    now: host.io.now(),
    signal: host.signal,
  };
  const loads = await planBulkPuts(dynamo, options);
  const fresh = loads.filter(({ known }) => known === undefined);
  if (fresh.length > 0) {
    host.note(`to be put: ${loadsInWords(fresh)}`, { always: !flags.yes });
    await confirmBulk(host.io, loadsInWords(fresh), flags.yes);
  }
  const started = await startJobs(host, () => startBulkPuts(dynamo, loads, options));
  const jobs = flags['no-wait']
    ? started
    : await followJobs(host, FOLLOWING, (following) => followBulkPuts(dynamo, started, following));
  const expected = expectedOf(chosen, liveName);
  const rows = jobs.map((job) => bulkRow(job, expected.get(job.table) ?? 0));
  await show(host, rows, flags);
  const error = bulkError(rows, jobs);
  if (error !== undefined) throw error;
}

const FOLLOWING = { what: 'importing', again: 'run the same command again' };

/** Items by the manifests, by the live name of the table that they go to. */
function expectedOf(chosen: readonly ChosenExport[], liveName: (table: string) => string): Map<string, number> {
  return new Map(chosen.map(({ definition, found }) => [liveName(definition.TableName), found.itemCount]));
}

async function show(host: JobsHost, rows: readonly LoadRow[], flags: NativeImportFlags): Promise<void> {
  const columns = flags['no-wait'] ? startedColumns(NATIVE_IMPORT_COLUMNS) : NATIVE_IMPORT_COLUMNS;
  await host.list({ columns, items: blocks(rows.map(itemOf)) });
  if (flags['no-wait']) host.note('not waited for; the same command without --no-wait follows the jobs');
}
