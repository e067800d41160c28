import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Item } from '../../../src/domain/item.ts';
import type { CreateTableInput } from '../../../src/domain/schema/definition.ts';
import { objectsBelow } from './s3.ts';
import {
  AwsError,
  bulkArn,
  lookAt,
  pageOf,
  refuseBeyond,
  startedBefore,
  tableArn,
  tableOf,
  type AwsState,
  type FakeJob,
} from './state.ts';
import { putItem, type FakeTable } from './tables.ts';

type Source = { S3Bucket: string; S3KeyPrefix?: string };
type Counts = { processed: number; errors: number; bytes: number };

type ImportInput = {
  ClientToken: string;
  S3BucketSource: Source;
  InputFormat: string;
  InputFormatOptions?: { Csv?: object };
  InputCompressionType?: string;
  TableCreationParameters: CreateTableInput;
};

/** Puts what the objects below a prefix hold, in no promised order. The first line that is no item ends its object. */
function load(state: AwsState, table: FakeTable, { S3Bucket: bucket, S3KeyPrefix: prefix = '' }: Source): Counts {
  const counts = { processed: 0, errors: 0, bytes: 0 };
  for (const [, bytes] of objectsBelow(state.s3, bucket, prefix)) {
    counts.bytes += bytes.length;
    for (const line of linesOf(bytes)) {
      counts.processed += 1;
      const item = itemIn(line);
      if (item === undefined) {
        counts.errors += 1;
        break;
      }
      if (!putItem(table, item, state.now())) counts.errors += 1;
    }
  }
  return counts;
}

/** What is not gzipped is a line that is no item. */
function linesOf(bytes: Buffer): string[] {
  try {
    return gunzipSync(bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return ['not gzipped'];
  }
}

function itemIn(line: string): Item | undefined {
  try {
    return (JSON.parse(line) as { Item?: Item }).Item;
  } catch {
    return undefined;
  }
}

/** ImportTable: a new table, whose import can only fail later. */
export function startImport(state: AwsState, input: ImportInput): object {
  const { ClientToken: token, ...request } = input;
  if (input.TableCreationParameters === undefined)
    throw new AwsError('ValidationException', 'tableCreationParameters is missing');
  if (input.InputFormat !== 'CSV' && input.InputFormatOptions?.Csv !== undefined) {
    throw new AwsError('ValidationException', 'Csv options are for the format CSV only');
  }
  const text = JSON.stringify(request);
  const conflict = { name: 'ImportConflictException', message: 'Duplicate request detected' };
  const before = startedBefore(state.imports, token, text, conflict);
  if (before !== undefined) return { ImportTableDescription: before.told };
  const { TableName: name } = input.TableCreationParameters;
  if (state.tables.has(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
  refuseBeyond(state.imports, state.limits.imports, 'imports');
  const table: FakeTable = {
    name,
    arn: tableArn(name),
    id: randomUUID(),
    status: 'CREATING',
    recovery: false,
    definition: input.TableCreationParameters,
    writes: [],
  };
  state.tables.set(name, table);
  const start = state.now();
  const arn = `${table.arn}/import/${String(start).padStart(14, '0')}-${token.slice(0, 8)}`;
  const told: Record<string, unknown> = {
    ImportArn: arn,
    ImportStatus: 'IN_PROGRESS',
    TableArn: table.arn,
    TableId: table.id,
    ClientToken: token,
    S3BucketSource: input.S3BucketSource,
    InputFormat: input.InputFormat,
    InputCompressionType: input.InputCompressionType ?? 'NONE',
    TableCreationParameters: input.TableCreationParameters,
    StartTime: start / 1_000,
    ErrorCount: 0,
    ProcessedItemCount: 0,
    ImportedItemCount: 0,
    CloudWatchLogGroupArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/aws-dynamodb/imports:*',
  };
  state.imports.push({ arn, told, request: text, token, looks: state.looks, end: () => endOfImport(state, table, input) });
  return { ImportTableDescription: told };
}

function endOfImport(state: AwsState, table: FakeTable, { S3BucketSource: source }: ImportInput): Record<string, unknown> {
  const missing = bucketFault(state, source);
  if (missing !== undefined) {
    state.tables.delete(table.name);
    return { ImportStatus: 'FAILED', EndTime: state.now() / 1_000, ...missing };
  }
  const { processed, errors, bytes } = load(state, table, source);
  table.status = 'ACTIVE';
  return {
    ImportStatus: errors > 0 ? 'FAILED' : 'COMPLETED',
    EndTime: state.now() / 1_000,
    ProcessedSizeBytes: bytes,
    ProcessedItemCount: processed,
    ImportedItemCount: processed - errors,
    ErrorCount: errors,
    ...(errors > 0
      ? {
          FailureCode: 'ItemValidationError',
          FailureMessage: 'Some of the items failed validation checks and were not imported.',
        }
      : {}),
  };
}

function bucketFault(
  { s3 }: AwsState,
  { S3Bucket: bucket }: Source,
): { FailureCode: string; FailureMessage: string } | undefined {
  if (s3.denied.has(bucket)) return { FailureCode: 'S3AccessDenied', FailureMessage: 'Access Denied' };
  if (s3.buckets.has(bucket)) return undefined;
  return { FailureCode: 'S3NoSuchBucket', FailureMessage: 'The specified bucket does not exist' };
}

export function describeImport(state: AwsState, { ImportArn: arn }: { ImportArn: string }): object {
  const job = state.imports.find((one) => one.arn === arn);
  if (job === undefined) throw new AwsError('ImportNotFoundException', `Import not found: ${arn}`);
  return { ImportTableDescription: lookAt(job) };
}

export function listImports(
  state: AwsState,
  { PageSize: size = 25, NextToken: token }: { PageSize?: number; NextToken?: string },
): object {
  const { page, next } = pageOf(state.imports, Math.min(size, 25), token);
  const members = ['ImportArn', 'ImportStatus', 'TableArn', 'S3BucketSource', 'InputFormat', 'StartTime', 'EndTime'];
  const list = page.map(({ told }) => Object.fromEntries(members.map((name) => [name, told[name]])));
  return { ImportSummaryList: list, ...(next === undefined ? {} : { NextToken: next }) };
}

type BulkInput = {
  ClientToken: string;
  TableName: string;
  InputS3Configuration: Source & { InputFormat: string; InputCompressionType?: string };
  OutputS3Configuration?: Source & { OutputType: string[] };
  MaxWriteRequestUnits?: number;
};

/** StartBulkPutItems: into a table that is there and ACTIVE. */
export function startBulkPut(state: AwsState, input: BulkInput): object {
  const { ClientToken: token, ...request } = input;
  const table = tableOf(state, input.TableName ?? '');
  if (input.OutputS3Configuration?.OutputType === undefined) {
    throw new AwsError('ValidationException', "Value null at 'outputS3Configuration' failed to satisfy constraint: not null");
  }
  if ((input.MaxWriteRequestUnits ?? 1_024) < 1_024) {
    throw new AwsError('ValidationException', "Value at 'maxWriteRequestUnits' failed to satisfy constraint: at least 1024");
  }
  if (table === undefined) throw new AwsError('ResourceNotFoundException', `Table not found: ${input.TableName}`);
  if (table.status !== 'ACTIVE') throw new AwsError('ResourceInUseException', `Table is ${table.status}`);
  const text = JSON.stringify(request);
  const conflict = { name: 'IdempotentParameterMismatchException', message: 'The token was used with other parameters' };
  const before = startedBefore(state.bulks, token, text, conflict);
  if (before !== undefined) return { BulkOperationDescription: before.told };
  const told: Record<string, unknown> = {
    BulkOperationArn: bulkArn(`${state.now()}-${token.slice(0, 8)}`),
    BulkOperationStatus: 'IN_PROGRESS',
    TableDetails: [{ TableName: table.name, TableId: table.id }],
    ClientToken: token,
    InputS3Configuration: input.InputS3Configuration,
    OutputS3Configuration: input.OutputS3Configuration,
    StartTime: state.now() / 1_000,
    ProcessedItemCount: 0,
    FailedItemCount: 0,
    ProcessedInputBytes: 0,
  };
  const end = () => endOfBulk(state, table, input);
  state.bulks.push({ arn: String(told['BulkOperationArn']), told, request: text, token, looks: state.looks, end });
  return { BulkOperationDescription: told };
}

/** Items that were put before a failure stay. */
function endOfBulk(state: AwsState, table: FakeTable, { InputS3Configuration: source }: BulkInput): Record<string, unknown> {
  const missing = bucketFault(state, source);
  if (missing !== undefined) return { BulkOperationStatus: 'FAILED', EndTime: state.now() / 1_000, ...missing };
  const { processed, errors, bytes } = load(state, table, source);
  return {
    BulkOperationStatus: errors > 0 ? 'COMPLETED_WITH_ERRORS' : 'COMPLETED',
    EndTime: state.now() / 1_000,
    ProcessedItemCount: processed,
    FailedItemCount: errors,
    ProcessedInputBytes: bytes,
    TotalInputBytes: bytes,
  };
}

export function describeBulkPut(state: AwsState, { BulkOperationArn: arn }: { BulkOperationArn: string }): object {
  return { BulkOperationDescription: lookAt(bulkOf(state, arn)) };
}

export function cancelBulkPut(state: AwsState, { BulkOperationArn: arn }: { BulkOperationArn: string }): object {
  const job = bulkOf(state, arn);
  Object.assign(job.told, { BulkOperationStatus: 'CANCELLING' });
  job.end = () => ({ BulkOperationStatus: 'CANCELLED', EndTime: state.now() / 1_000 });
  return { BulkOperationArn: arn, BulkOperationStatus: 'CANCELLING' };
}

function bulkOf(state: AwsState, arn: string): FakeJob {
  const job = state.bulks.find((one) => one.arn === arn);
  if (job === undefined) throw new AwsError('ResourceNotFoundException', `Bulk operation not found: ${arn}`);
  return job;
}

export function listBulkPuts(
  state: AwsState,
  { MaxResults: size = 10, NextToken: token }: { MaxResults?: number; NextToken?: string },
): object {
  const { page, next } = pageOf(state.bulks, size, token);
  const members = ['BulkOperationArn', 'BulkOperationStatus', 'StartTime', 'EndTime'];
  const list = page.map(({ told }) => Object.fromEntries(members.map((name) => [name, told[name]])));
  return { BulkOperationsSummaryList: list, ...(next === undefined ? {} : { NextToken: next }) };
}
