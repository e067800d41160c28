import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { describeExport, runningExports, startExport } from '../../../src/dynamo/jobs.ts';
import { fakePlant } from '../../harness/aws-run.ts';
import { tableArn } from '../../harness/aws/state.ts';
import type { FakeAws } from '../../harness/fake-aws.ts';
import { connectTo } from '../../harness/memory-engine.ts';

let aws: FakeAws;
let dynamo: Dynamo;
let tokens = 0;
const { signal } = new AbortController();
const TABLE = tableArn('mqtt_msg');

beforeAll(async () => {
  aws = await fakePlant();
  dynamo = connectTo(aws.endpoint);
});
afterAll(async () => {
  dynamo.close();
  await aws.close();
});
beforeEach(() => {
  tokens += 1;
  aws.looks = 1;
});

const request = (more: object = {}) => ({ TableArn: TABLE, S3Bucket: 'plant', ClientToken: `token-${tokens}`, ...more });
const start = (more?: object) => startExport(dynamo, request(more), signal);
const raw = (operation: string, input: object) =>
  fetch(aws.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
    body: JSON.stringify(input),
  }).then((reply) => reply.json() as Promise<Record<string, Record<string, unknown>>>);

describe('ExportTableToPointInTime as measured on AWS', () => {
  it('needs point-in-time recovery', async () => {
    aws.tables.get('mqtt_sub')!.recovery = false;
    const refused = start({ TableArn: tableArn('mqtt_sub') });
    await expect(refused).rejects.toMatchObject({ service: 'PointInTimeRecoveryUnavailableException' });
    aws.tables.get('mqtt_sub')!.recovery = true;
  });

  it('the type is absent from the answer unless it was given, the format is always there', async () => {
    const { ExportDescription: without } = await raw('ExportTableToPointInTime', request());
    expect(without).not.toHaveProperty('ExportType');
    expect(without).toMatchObject({ ExportFormat: 'DYNAMODB_JSON', ExportStatus: 'IN_PROGRESS' });
    const given = request({ ClientToken: 'given', ExportType: 'FULL_EXPORT' });
    expect((await raw('ExportTableToPointInTime', given))['ExportDescription']).toMatchObject({ ExportType: 'FULL_EXPORT' });
  });

  it('an unknown bucket is accepted, and the job fails with S3NoSuchBucket', async () => {
    const { arn, status } = await start({ S3Bucket: 'nowhere' });
    expect(status).toBe('IN_PROGRESS');
    expect(await describeExport(dynamo, arn, signal)).toMatchObject({ status: 'FAILED', failureCode: 'S3NoSuchBucket' });
  });

  it('an empty bucket is refused at once, and the token is not taken by it', async () => {
    await expect(start({ S3Bucket: '' })).rejects.toMatchObject({ service: 'ValidationException' });
    await expect(start()).resolves.toMatchObject({ status: 'IN_PROGRESS' });
  });

  it('the same token with other parameters is a conflict, with the same ones the same job', async () => {
    const { arn } = await start();
    expect((await start()).arn).toBe(arn);
    const other = start({ S3Prefix: 'other' });
    await expect(other).rejects.toMatchObject({
      service: 'ExportConflictException',
      serviceMessage: 'Duplicate request detected',
    });
  });

  it('an unknown table is refused, and so are ARNs that are unknown or none', async () => {
    const none = start({ TableArn: tableArn('nothing') });
    await expect(none).rejects.toMatchObject({ service: 'TableNotFoundException' });
    const unknown = describeExport(dynamo, `${TABLE}/export/01700000000000-00000000`, signal);
    await expect(unknown).rejects.toMatchObject({ service: 'ValidationException', serviceMessage: 'Invalid Export ARN' });
    await expect(describeExport(dynamo, 'arn:nothing', signal)).rejects.toMatchObject({ service: 'AccessDeniedException' });
  });

  it('a job that is completed tells its end, manifest and counts, and not before', async () => {
    aws.looks = 2;
    const { arn } = await start();
    const members = ['EndTime', 'ExportManifest', 'ItemCount', 'BilledSizeBytes'];
    const first = (await raw('DescribeExport', { ExportArn: arn }))['ExportDescription']!;
    expect(members.filter((name) => name in first)).toEqual([]);
    const last = (await raw('DescribeExport', { ExportArn: arn }))['ExportDescription']!;
    expect(members.filter((name) => name in last)).toEqual(members);
    expect(last).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 5 });
    expect(aws.objects('plant').has(String(last['ExportManifest']))).toBe(true);
  });

  it('a window that is too short is refused', async () => {
    const window = { ExportFromTime: new Date(0), ExportToTime: new Date(60_000), ExportViewType: 'NEW_AND_OLD_IMAGES' };
    const refused = start({ ExportType: 'INCREMENTAL_EXPORT', IncrementalExportSpecification: window });
    await expect(refused).rejects.toMatchObject({
      service: 'InvalidExportTimeException',
      serviceMessage: expect.stringMatching(/^Difference between export period/),
    });
  });

  it('lists come in pages of at most 25, sorted by ARN', async () => {
    aws.looks = 100;
    for (let at = 0; at < 30; at += 1) await start({ ClientToken: `many-${at}`, TableArn: tableArn('mqtt_retain') });
    const list = (more: object) => raw('ListExports', { TableArn: tableArn('mqtt_retain'), ...more });
    const first = (await list({ MaxResults: 100 })) as { ExportSummaries: unknown; NextToken: unknown };
    const page = first.ExportSummaries as { ExportArn: string }[];
    expect(page).toHaveLength(25);
    const rest = (await list({ NextToken: first.NextToken })) as { ExportSummaries: unknown };
    const arns = [...page, ...(rest.ExportSummaries as { ExportArn: string }[])].map(({ ExportArn }) => ExportArn);
    expect(arns).toHaveLength(30);
    expect(arns).toEqual(arns.toSorted());
    // and every page is read
    expect(await runningExports(dynamo, tableArn('mqtt_retain'), signal)).toHaveLength(30);
  });
});
