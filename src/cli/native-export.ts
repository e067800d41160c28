import { Flags } from '@oclif/core';
import { exportRow, exportsError, followExports, startExports } from '../app/move/native/export-jobs.ts';
import { chooseDefinitions } from '../app/tables/load-definitions.ts';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { parseS3Place } from '../domain/s3-place.ts';
import { NATIVE_EXPORT_COLUMNS, startedColumns } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';
import { momentFlag } from './flags.ts';
import { followJobs, startJobs, type JobsHost } from './native-jobs.ts';

/** Flags of an export that scans the tables. */
export const SCAN_FLAGS = ['segments', 'max-rcu', 'sorted', 'redact', 's3-prefix', 'retry-for', 'resume', 'force'];

export const nativeExportFlags = {
  native: Flags.string({
    helpGroup: 'AWS JOB',
    helpValue: 's3://BUCKET[/PREFIX]',
    exclusive: SCAN_FLAGS,
    summary: 'have DynamoDB itself export to S3, without read units; needs point-in-time recovery',
  }),
  at: momentFlag({
    helpGroup: 'AWS JOB',
    dependsOn: ['native'],
    exclusive: ['from', 'to'],
    summary: 'the instant of the data, the same for all tables (default: now)',
  }),
  from: momentFlag({
    helpGroup: 'AWS JOB',
    dependsOn: ['native', 'to'],
    summary: 'changes from here on, old and new images of each item, instead of all items',
  }),
  to: momentFlag({
    helpGroup: 'AWS JOB',
    dependsOn: ['native', 'from'],
    summary: 'end of that window, which is not in it: 15 minutes to 24 hours later',
  }),
  'no-wait': Flags.boolean({
    helpGroup: 'AWS JOB',
    dependsOn: ['native'],
    summary: 'start the jobs, print their ARNs and do not follow them',
  }),
};

/** Paragraphs for the description of the command. */
export const NATIVE_EXPORT_HELP = `With --native DynamoDB exports the tables itself, all as of one instant, as DYNAMODB_JSON. The jobs go on when this command is
stopped. The same command with --at, or with --from and --to, follows the same jobs for eight hours. Without --at, exports of these
tables to the same place that still run are followed, and give the others their instant; only when none runs is it now. Exit 3 when
some tables were exported and others not.`;

export type NativeExportFlags = {
  native: string;
  at?: number | undefined;
  from?: number | undefined;
  to?: number | undefined;
  'no-wait': boolean;
  restart: boolean;
};

/** Source: DynamoDB developer guide, "Incremental export". In milliseconds. */
const SHORTEST_WINDOW = 900_000;
const LONGEST_WINDOW = 86_400_000;

/** Has DynamoDB export the named tables, or all of the schema files, and shows what became of it. */
export async function nativeExport(host: JobsHost, names: readonly string[], flags: NativeExportFlags): Promise<void> {
  const place = parseS3Place(flags.native, '--native');
  const window = windowOf(flags);
  const { dynamo, schemaDir, liveName } = host.session;
  const definitions = await chooseDefinitions(schemaDir, names);
  // loaded only here: no other command needs S3
  const { openBucket } = await import('../dynamo/s3.ts');
  const bucket = await openBucket(dynamo, place.bucket, host);
  try {
    const { at, jobs: started } = await startJobs(host, () =>
      startExports(dynamo, {
        tables: definitions.map(({ TableName: name }) => liveName(name)),
        place,
        bucket,
        at: flags.at,
        window,
        again: flags.restart ? host.io.now() : undefined,
        now: host.io.now(),
        signal: host.signal,
        notice: (sentence) => host.note(sentence),
      }),
    );
    const iso = new Date(at).toISOString();
    const again = `run the same command${window === undefined && flags.at === undefined ? ` with --at ${iso}` : ''}`;
    host.note(`${started.length} ${plural('export', started.length)} ${window === undefined ? 'as of' : 'up to'} ${iso}`);
    const jobs = flags['no-wait']
      ? started
      : await followJobs(host, { what: 'exporting', again }, (following) => followExports(dynamo, started, following));
    const columns = flags['no-wait'] ? startedColumns(NATIVE_EXPORT_COLUMNS) : NATIVE_EXPORT_COLUMNS;
    await host.list({ columns, items: blocks(jobs.map((job) => itemOf(exportRow(job)))) });
    if (flags['no-wait']) host.note(`not waited for; to follow, ${again} and without --no-wait`);
    const error = exportsError(jobs);
    if (error !== undefined) throw error;
  } finally {
    bucket.close();
  }
}

function windowOf({ from, to }: NativeExportFlags): { from: number; to: number } | undefined {
  if (from === undefined || to === undefined) return undefined;
  const length = to - from;
  if (length >= SHORTEST_WINDOW && length <= LONGEST_WINDOW) return { from, to };
  throw new MqdynError('E_USAGE', '--from and --to are 15 minutes to 24 hours apart, --from first');
}
