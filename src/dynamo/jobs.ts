import {
  DescribeBulkOperationCommand,
  DescribeExportCommand,
  DescribeImportCommand,
  ExportTableToPointInTimeCommand,
  ImportTableCommand,
  paginateListBulkOperations,
  paginateListExports,
  paginateListImports,
  StartBulkPutItemsCommand,
  type BulkOperationDescription,
  type ExportDescription,
  type ExportTableToPointInTimeInput,
  type ImportTableDescription,
  type StartBulkPutItemsInput,
  type TableCreationParameters,
} from '@aws-sdk/client-dynamodb';
import type { CreateTableInput } from '../domain/schema/definition.ts';
import type { Dynamo } from './client.ts';

/** A job that DynamoDB does by itself, in its own words. */
export type Job = {
  arn: string;
  status: string;
  /** Why it failed: a code that goes with the message. */
  failureCode: string | undefined;
  failureMessage: string | undefined;
  bucket: string;
  prefix: string;
};

/**
 * `at` is the instant of the data, `from` the begin of the window of an incremental one, in Unix milliseconds; `manifest` the key
 * of its manifest-summary.json. Counts are known at the end.
 */
export type ExportJob = Job & {
  from: number | undefined;
  at: number | undefined;
  itemCount: number | undefined;
  billedSizeBytes: number | undefined;
  manifest: string | undefined;
};

/** Counts stay 0 until the end. A line that is no item ends its object and counts as one error. */
export type ImportJob = Job & { tableArn: string; tableId: string | undefined; imported: number; errors: number };

/** `processed` counts every line that was read, `failed` those of them that are no valid item. */
export type BulkJob = Job & { tableId: string | undefined; processed: number; failed: number };

export async function startExport(dynamo: Dynamo, input: ExportTableToPointInTimeInput, signal: AbortSignal): Promise<ExportJob> {
  const command = new ExportTableToPointInTimeCommand(input);
  return exportJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).ExportDescription);
}

export async function describeExport(dynamo: Dynamo, ExportArn: string, signal: AbortSignal): Promise<ExportJob> {
  const command = new DescribeExportCommand({ ExportArn });
  return exportJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).ExportDescription);
}

/** The exports of a table that have not ended. */
export async function runningExports(dynamo: Dynamo, TableArn: string, signal: AbortSignal): Promise<ExportJob[]> {
  const arns = await dynamo.use(async (client, stop) => {
    const found: string[] = [];
    for await (const { ExportSummaries: page = [] } of paginateListExports({ client }, { TableArn }, stop)) {
      for (const { ExportArn: arn, ExportStatus: status } of page)
        if (arn !== undefined && status === 'IN_PROGRESS') found.push(arn);
    }
    return found;
  }, signal);
  const jobs: ExportJob[] = [];
  for (const arn of arns) jobs.push(await describeExport(dynamo, arn, signal));
  return jobs;
}

/** Members of CreateTable that ImportTable takes, too. Source: DynamoDB API reference, TableCreationParameters. */
export const CREATION_MEMBERS: ReadonlySet<string> = new Set([
  'TableName',
  'AttributeDefinitions',
  'KeySchema',
  'BillingMode',
  'ProvisionedThroughput',
  'OnDemandThroughput',
  'SSESpecification',
  'GlobalSecondaryIndexes',
]);

type ImportRequest = { definition: CreateTableInput; bucket: string; prefix: string; token: string };

/** Has a new table made of the gzipped DYNAMODB_JSON objects below a prefix. */
export async function startImport(
  dynamo: Dynamo,
  { definition, bucket, prefix, token }: ImportRequest,
  signal: AbortSignal,
): Promise<ImportJob> {
  const members = Object.entries(definition).filter(([name]) => CREATION_MEMBERS.has(name));
  const command = new ImportTableCommand({
    ClientToken: token,
    S3BucketSource: { S3Bucket: bucket, S3KeyPrefix: prefix },
    InputFormat: 'DYNAMODB_JSON',
    InputCompressionType: 'GZIP',
    // a schema file may name what this SDK does not know yet
    TableCreationParameters: Object.fromEntries(members) as object as TableCreationParameters,
  });
  return importJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).ImportTableDescription);
}

export async function describeImport(dynamo: Dynamo, ImportArn: string, signal: AbortSignal): Promise<ImportJob> {
  const command = new DescribeImportCommand({ ImportArn });
  return importJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).ImportTableDescription);
}

/** An import as the list tells it. */
export type ListedImport = { arn: string; status: string; table: string; bucket: string; prefix: string };

/** Imports of the account and region, the last one first, as far back as DynamoDB remembers them. */
export async function listImports(dynamo: Dynamo, signal: AbortSignal): Promise<ListedImport[]> {
  return dynamo.use(async (client, stop) => {
    const found: (ListedImport & { started: number })[] = [];
    for await (const { ImportSummaryList: page = [] } of paginateListImports({ client }, {}, stop)) {
      for (const { ImportArn: arn, ImportStatus: status, TableArn: table, S3BucketSource: source, StartTime: start } of page) {
        if (arn === undefined || status === undefined || table === undefined) continue;
        const { S3Bucket: bucket = '', S3KeyPrefix: prefix = '' } = source ?? {};
        const started = start?.getTime() ?? 0;
        found.push({ arn, status, table: table.slice(table.lastIndexOf('/') + 1), bucket, prefix, started });
      }
    }
    return found.sort((a, b) => b.started - a.started);
  }, signal);
}

export async function startBulkPut(dynamo: Dynamo, input: StartBulkPutItemsInput, signal: AbortSignal): Promise<BulkJob> {
  const command = new StartBulkPutItemsCommand(input);
  return bulkJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).BulkOperationDescription);
}

export async function describeBulkPut(dynamo: Dynamo, BulkOperationArn: string, signal: AbortSignal): Promise<BulkJob> {
  const command = new DescribeBulkOperationCommand({ BulkOperationArn });
  return bulkJob((await dynamo.use((client, stop) => client.send(command, stop), signal)).BulkOperationDescription);
}

/** The bulk operations of the account and region that have not ended or were started since then, the last one first. */
export async function recentBulkPuts(dynamo: Dynamo, since: number, signal: AbortSignal): Promise<BulkJob[]> {
  const found = await dynamo.use(async (client, stop) => {
    const listed: { arn: string; started: number }[] = [];
    for await (const { BulkOperationsSummaryList: page = [] } of paginateListBulkOperations({ client }, {}, stop)) {
      for (const { BulkOperationArn: arn, BulkOperationStatus: status, StartTime: start } of page) {
        const started = start?.getTime() ?? 0;
        if (arn !== undefined && (status === 'IN_PROGRESS' || started >= since)) listed.push({ arn, started });
      }
    }
    return listed.sort((a, b) => b.started - a.started);
  }, signal);
  const jobs: BulkJob[] = [];
  for (const { arn } of found) jobs.push(await describeBulkPut(dynamo, arn, signal));
  return jobs;
}

function exportJob(told: ExportDescription | undefined): ExportJob {
  const { ExportArn: arn, ExportStatus: status, ExportTime: at, IncrementalExportSpecification: window } = told ?? {};
  return {
    ...jobOf(arn, status, told),
    bucket: told?.S3Bucket ?? '',
    prefix: told?.S3Prefix ?? '',
    from: window?.ExportFromTime?.getTime(),
    at: (at ?? window?.ExportToTime)?.getTime(),
    itemCount: told?.ItemCount,
    billedSizeBytes: told?.BilledSizeBytes,
    manifest: told?.ExportManifest,
  };
}

function importJob(told: ImportTableDescription | undefined): ImportJob {
  return {
    ...jobOf(told?.ImportArn, told?.ImportStatus, told),
    bucket: told?.S3BucketSource?.S3Bucket ?? '',
    prefix: told?.S3BucketSource?.S3KeyPrefix ?? '',
    tableArn: told?.TableArn ?? '',
    tableId: told?.TableId,
    imported: told?.ImportedItemCount ?? 0,
    errors: told?.ErrorCount ?? 0,
  };
}

function bulkJob(told: BulkOperationDescription | undefined): BulkJob {
  return {
    ...jobOf(told?.BulkOperationArn, told?.BulkOperationStatus, told),
    bucket: told?.InputS3Configuration?.S3Bucket ?? '',
    prefix: told?.InputS3Configuration?.S3KeyPrefix ?? '',
    tableId: told?.TableDetails?.[0]?.TableId,
    processed: told?.ProcessedItemCount ?? 0,
    failed: told?.FailedItemCount ?? 0,
  };
}

function jobOf(
  arn: string | undefined,
  status: string | undefined,
  told: { FailureCode?: string | undefined; FailureMessage?: string | undefined } | undefined,
): Omit<Job, 'bucket' | 'prefix'> {
  if (arn === undefined || status === undefined) throw new Error('a checked reply without its job');
  return { arn, status, failureCode: told?.FailureCode, failureMessage: told?.FailureMessage };
}
