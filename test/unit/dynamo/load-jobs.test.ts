import { gzipSync } from 'node:zlib';
import { ImportTableCommand, CancelBulkOperationCommand, type ImportTableInput } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import {
  describeBulkPut,
  describeImport,
  listImports,
  recentBulkPuts,
  startBulkPut,
  startImport,
} from '../../../src/dynamo/jobs.ts';
import { definitionOf, fakePlant } from '../../harness/aws-run.ts';
import type { FakeAws } from '../../harness/fake-aws.ts';
import { connectTo } from '../../harness/memory-engine.ts';

let aws: FakeAws;
let dynamo: Dynamo;
let count = 0;
const { signal } = new AbortController();

beforeAll(async () => {
  aws = await fakePlant();
  dynamo = connectTo(aws.endpoint);
});
afterAll(async () => {
  dynamo.close();
  await aws.close();
});
beforeEach(() => {
  count += 1;
  aws.looks = 1;
  aws.objects('plant').clear();
});

const line = (msgid: string, payload = 'x') => JSON.stringify({ Item: { msgid: { S: msgid }, payload: { S: payload } } });
const BAD = '{"NoItem":{}}';

function upload(name: string, ...lines: string[]): void {
  aws.objects('plant').set(`in/data/${name}.json.gz`, gzipSync(`${lines.join('\n')}\n`));
}

/** An import of `in/data/` into a table of its own. */
async function imported(more: { token?: string; prefix?: string; bucket?: string } = {}) {
  const { token = `token-${count}`, prefix = 'in/data/', bucket = 'plant' } = more;
  return startImport(dynamo, { definition: definitionOf('mqtt_msg', `new-${count}-`), bucket, prefix, token }, signal);
}

const end = async (more?: Parameters<typeof imported>[0]) => describeImport(dynamo, (await imported(more)).arn, signal);

describe('ImportTable as measured on AWS', () => {
  it('makes a new table, and refuses one that is there', async () => {
    upload('a', line('1'));
    expect(await end()).toMatchObject({ status: 'COMPLETED', imported: 1, errors: 0 });
    expect(aws.items(`new-${count}-mqtt_msg`)).toHaveLength(1);
    await expect(imported({ token: 'another' })).rejects.toMatchObject({ service: 'ResourceInUseException' });
  });

  it('counters stay 0 until the end; end and size are absent until they are known', async () => {
    aws.looks = 2;
    upload('a', line('1'), line('2'));
    const { arn } = await imported();
    expect(await describeImport(dynamo, arn, signal)).toMatchObject({ status: 'IN_PROGRESS', imported: 0, errors: 0 });
    const { told } = aws.imports.at(-1)!;
    expect([told['EndTime'], told['ProcessedSizeBytes']]).toEqual([undefined, undefined]);
    expect(await describeImport(dynamo, arn, signal)).toMatchObject({ status: 'COMPLETED', imported: 2 });
    expect(told['EndTime']).toBeGreaterThan(0);
    expect(told['ProcessedSizeBytes']).toBeGreaterThan(0);
  });

  it.each([
    ['JSON without Item', BAD],
    ['no JSON', '{'],
  ])('the first line that is no item (%s) abandons the rest of that object and counts as one error', async (_, bad) => {
    upload('a', line('1'), bad, line('2'), bad, line('3'));
    upload('b', line('4'), line('5'));
    expect(await end()).toMatchObject({ imported: 3, errors: 1 });
    expect(aws.items(`new-${count}-mqtt_msg`).map((item) => item['msgid'])).toEqual([{ S: '1' }, { S: '4' }, { S: '5' }]);
    const { told } = aws.imports.at(-1)!;
    expect(told['ProcessedItemCount']).toBe(Number(told['ImportedItemCount']) + Number(told['ErrorCount']));
  });

  it('any error ends in FAILED with ItemValidationError, and the partly filled table stays', async () => {
    upload('a', line('1'), BAD);
    expect(await end()).toMatchObject({ status: 'FAILED', failureCode: 'ItemValidationError', imported: 1, errors: 1 });
    expect(aws.tables.get(`new-${count}-mqtt_msg`)).toMatchObject({ status: 'ACTIVE' });
  });

  it('duplicate keys overwrite each other and are no errors', async () => {
    upload('a', line('1', 'a'), line('1', 'b'));
    expect(await end()).toMatchObject({ status: 'COMPLETED', imported: 2, errors: 0 });
    expect(aws.items(`new-${count}-mqtt_msg`)).toHaveLength(1);
  });

  it("every object below the prefix is read: the root of an export fails, its data folder doesn't", async () => {
    upload('a', line('1'));
    aws.objects('plant').set('in/manifest-summary.json', Buffer.from('{}'));
    expect(await end({ prefix: 'in/' })).toMatchObject({ status: 'FAILED', errors: 1 });
  });

  it('an unknown bucket is accepted and fails; no table stays', async () => {
    expect(await end({ bucket: 'nowhere' })).toMatchObject({ status: 'FAILED', failureCode: 'S3NoSuchBucket' });
    expect(aws.tables.has(`new-${count}-mqtt_msg`)).toBe(false);
  });

  it('options for CSV are refused with DYNAMODB_JSON', async () => {
    const input = {
      S3BucketSource: { S3Bucket: 'plant' },
      InputFormat: 'DYNAMODB_JSON',
      InputFormatOptions: { Csv: { Delimiter: ';' } },
      TableCreationParameters: definitionOf('mqtt_msg', 'csv-'),
    } as ImportTableInput;
    const refused = dynamo.use((client) => client.send(new ImportTableCommand(input)));
    await expect(refused).rejects.toMatchObject({ service: 'ValidationException' });
  });

  it('the same token is the same job, and a conflict with other parameters', async () => {
    const { arn } = await imported();
    expect((await imported()).arn).toBe(arn);
    await expect(imported({ prefix: 'other/' })).rejects.toMatchObject({ service: 'ImportConflictException' });
  });

  it('is in the list with its table and its source, the last one first', async () => {
    await imported();
    const [first] = await listImports(dynamo, signal);
    expect(first).toMatchObject({ table: `new-${count}-mqtt_msg`, bucket: 'plant', prefix: 'in/data/', status: 'IN_PROGRESS' });
  });
});

describe('StartBulkPutItems as documented', () => {
  const request = (more: object = {}) => ({
    ClientToken: `bulk-${count}`,
    TableName: 'mqtt_msg',
    InputS3Configuration: { S3Bucket: 'plant', S3KeyPrefix: 'in/data/', InputFormat: 'DYNAMODB_JSON' as const },
    OutputS3Configuration: { S3Bucket: 'plant', OutputType: ['ERROR' as const] },
    ...more,
  });
  const start = (more?: object) => startBulkPut(dynamo, request(more), signal);
  const ended = async (more?: object) => describeBulkPut(dynamo, (await start(more)).arn, signal);

  it('puts into a table that is there, and counts every item', async () => {
    upload('a', line('b1'), line('b2'));
    expect(await ended()).toMatchObject({ status: 'COMPLETED', processed: 2, failed: 0 });
    expect(aws.items('mqtt_msg')).toEqual(expect.arrayContaining([expect.objectContaining({ msgid: { S: 'b2' } })]));
  });

  it('an item without its key fails alone: COMPLETED_WITH_ERRORS', async () => {
    upload('a', JSON.stringify({ Item: { payload: { S: 'x' } } }), line('b3'));
    expect(await ended()).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', processed: 2, failed: 1 });
  });

  it('is refused for a table that is missing or not ACTIVE, below 1024 write units, and without a place for its report', async () => {
    await expect(start({ TableName: 'nothing' })).rejects.toMatchObject({ service: 'ResourceNotFoundException' });
    aws.tables.get('mqtt_sub')!.status = 'CREATING';
    await expect(start({ TableName: 'mqtt_sub' })).rejects.toMatchObject({ service: 'ResourceInUseException' });
    aws.tables.get('mqtt_sub')!.status = 'ACTIVE';
    await expect(start({ MaxWriteRequestUnits: 1_023 })).rejects.toMatchObject({ service: 'ValidationException' });
    await expect(start({ OutputS3Configuration: undefined })).rejects.toMatchObject({ service: 'ValidationException' });
  });

  it('the same token is the same operation, and a mismatch with other parameters', async () => {
    const { arn } = await start();
    expect((await start()).arn).toBe(arn);
    await expect(start({ TableName: 'mqtt_sub' })).rejects.toMatchObject({ service: 'IdempotentParameterMismatchException' });
  });

  it('one that is cancelled is CANCELLING, then CANCELLED, and one without its bucket FAILED', async () => {
    aws.looks = 2;
    const { arn } = await start();
    await dynamo.use((client) => client.send(new CancelBulkOperationCommand({ BulkOperationArn: arn })));
    expect(await describeBulkPut(dynamo, arn, signal)).toMatchObject({ status: 'CANCELLING' });
    expect(await describeBulkPut(dynamo, arn, signal)).toMatchObject({ status: 'CANCELLED' });
    aws.looks = 1;
    const nowhere = { InputS3Configuration: { S3Bucket: 'nowhere', InputFormat: 'DYNAMODB_JSON' }, ClientToken: `no-${count}` };
    expect(await ended(nowhere)).toMatchObject({ status: 'FAILED', failureCode: 'S3NoSuchBucket' });
  });

  it('those under way or begun since are found in every page of the list, the last one first', async () => {
    aws.bulks.length = 0;
    aws.looks = 2;
    let clock = 1_000;
    aws.now = () => (clock += 1_000);
    for (let at = 0; at < 12; at += 1) await start({ ClientToken: `many-${at}` });
    const jobs = await recentBulkPuts(dynamo, Infinity, signal);
    expect(jobs.map(({ arn }) => arn)).toEqual(aws.bulks.map(({ arn }) => arn).toReversed());
    for (const { arn } of jobs) await describeBulkPut(dynamo, arn, signal);
    expect(await recentBulkPuts(dynamo, Infinity, signal)).toEqual([]);
    const since = Number(aws.bulks[9]!.told['StartTime']) * 1_000;
    expect(await recentBulkPuts(dynamo, since, signal)).toHaveLength(3);
    aws.now = Date.now;
  });
});
