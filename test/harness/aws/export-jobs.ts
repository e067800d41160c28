import { exportFiles, exportId } from './export-files.ts';
import { AwsError, lookAt, pageOf, refuseBeyond, startedBefore, tableOf, type AwsState, type FakeJob } from './state.ts';
import { changesIn, itemsAt, type FakeTable } from './tables.ts';

type Window = { ExportFromTime: number; ExportToTime: number };

/** Times are Unix seconds, as on the wire. */
type ExportInput = {
  TableArn: string;
  S3Bucket: string;
  S3Prefix?: string;
  ExportTime?: number;
  ExportFormat?: string;
  ExportType?: string;
  ClientToken: string;
  IncrementalExportSpecification?: Window;
};

const MAX_PAGE = 25;

/** ExportTableToPointInTime, as measured on AWS: what is refused at once, and what only fails later. */
export function startExport(state: AwsState, input: ExportInput): object {
  const { ClientToken: token, ...request } = input;
  if (!input.S3Bucket) throw new AwsError('ValidationException', "Value at 's3Bucket' failed to satisfy constraint: length >= 1");
  const table = tableOf(state, input.TableArn ?? '');
  if (table === undefined) throw new AwsError('TableNotFoundException', `Table not found: ${input.TableArn}`);
  if (!table.recovery) {
    throw new AwsError(
      'PointInTimeRecoveryUnavailableException',
      `Point in time recovery is not enabled for table '${table.name}'`,
    );
  }
  const conflict = { name: 'ExportConflictException', message: 'Duplicate request detected' };
  const before = startedBefore(state.exports, token, JSON.stringify(request), conflict);
  if (before !== undefined) return { ExportDescription: before.told };
  checkTimes(state, input);
  refuseBeyond(state.exports, state.limits.exports, 'exports');
  const start = state.now();
  const arn = `${table.arn}/export/${exportId(start, token)}`;
  const told: Record<string, unknown> = {
    ExportArn: arn,
    ExportStatus: 'IN_PROGRESS',
    StartTime: start / 1_000,
    TableArn: table.arn,
    TableId: table.id,
    ClientToken: token,
    S3Bucket: input.S3Bucket,
    ...(input.S3Prefix === undefined ? {} : { S3Prefix: input.S3Prefix }),
    ExportFormat: input.ExportFormat ?? 'DYNAMODB_JSON',
    // absent unless it was given
    ...(input.ExportType === undefined ? {} : { ExportType: input.ExportType }),
    ...(input.IncrementalExportSpecification === undefined
      ? { ExportTime: input.ExportTime ?? start / 1_000 }
      : { IncrementalExportSpecification: input.IncrementalExportSpecification }),
  };
  const end = () => endOf(state, table, { arn, start, input });
  state.exports.push({ arn, told, request: JSON.stringify(request), token, looks: state.looks, end });
  return { ExportDescription: told };
}

function checkTimes(state: AwsState, { ExportTime: at, IncrementalExportSpecification: window }: ExportInput): void {
  const name = 'InvalidExportTimeException';
  if (at !== undefined && at * 1_000 > state.now()) throw new AwsError(name, 'ExportTime is in the future');
  if (window === undefined) return;
  const seconds = window.ExportToTime - window.ExportFromTime;
  if (seconds < 900 || seconds > 86_400) {
    throw new AwsError(name, 'Difference between export period from time and export period to time is out of range');
  }
}

function endOf(
  state: AwsState,
  table: FakeTable,
  { arn, start, input }: { arn: string; start: number; input: ExportInput },
): Record<string, unknown> {
  const failed = (code: string, message: string) => ({
    ExportStatus: 'FAILED',
    EndTime: state.now() / 1_000,
    FailureCode: code,
    FailureMessage: message,
  });
  const {
    S3Bucket: bucket,
    S3Prefix: prefix = '',
    ExportTime: at = start / 1_000,
    IncrementalExportSpecification: window,
  } = input;
  if (state.s3.denied.has(bucket)) return failed('S3AccessDenied', 'Access Denied');
  const objects = state.s3.buckets.get(bucket);
  if (objects === undefined) return failed('S3NoSuchBucket', 'The specified bucket does not exist');
  const content =
    window === undefined
      ? { at: at * 1_000, items: itemsAt(table, at * 1_000) }
      : {
          from: window.ExportFromTime * 1_000,
          to: window.ExportToTime * 1_000,
          changes: changesIn(table, window.ExportFromTime * 1_000, window.ExportToTime * 1_000),
        };
  const end = state.now();
  const written = exportFiles({ arn, tableArn: table.arn, tableId: table.id, bucket, prefix, start, end, content });
  for (const [key, bytes] of written.files) objects.set(key, bytes);
  return {
    ExportStatus: 'COMPLETED',
    EndTime: end / 1_000,
    ExportManifest: written.summaryKey,
    ItemCount: written.itemCount,
    BilledSizeBytes: written.billedSizeBytes,
  };
}

export function describeExport(state: AwsState, { ExportArn: arn }: { ExportArn: string }): object {
  if (!/^arn:aws:dynamodb:[\w-]+:\d+:table\/[^/]+\/export\/.+$/.test(arn)) {
    throw new AwsError('AccessDeniedException', 'User is not authorized to perform: dynamodb:DescribeExport');
  }
  const job = state.exports.find((one) => one.arn === arn);
  if (job === undefined) throw new AwsError('ValidationException', 'Invalid Export ARN');
  return { ExportDescription: lookAt(job) };
}

/** Pages of at most 25, sorted by ARN. */
export function listExports(
  state: AwsState,
  {
    TableArn: table,
    MaxResults: size = MAX_PAGE,
    NextToken: token,
  }: { TableArn?: string; MaxResults?: number; NextToken?: string },
): object {
  const all = state.exports
    .filter(({ told }: FakeJob) => table === undefined || told['TableArn'] === table)
    .toSorted((a, b) => (a.arn < b.arn ? -1 : 1));
  const { page, next } = pageOf(all, Math.min(size, MAX_PAGE), token);
  const summaries = page.map(({ told }) => ({
    ExportArn: told['ExportArn'],
    ExportStatus: told['ExportStatus'],
    ExportType: told['ExportType'] ?? 'FULL_EXPORT',
  }));
  return { ExportSummaries: summaries, ...(next === undefined ? {} : { NextToken: next }) };
}
