import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Export from '../../src/commands/export.ts';
import Import from '../../src/commands/import.ts';
import { TABLES } from '../../src/domain/records/tables.ts';
import { fakePlant, ITEMS, itemsIn, runOn } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';
import { local, runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await fakePlant();
  const { code } = await runOn(aws, Export, ['--native', 's3://plant/emqx', '--at', '2026-01-01']);
  expect(code).toBe(0);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const OTHERS = TABLES.filter((table) => table !== 'mqtt_topic_msg_map');
const FROM = ['--bulk', 's3://plant/emqx'];
const run = (argv: string[], options?: RunOptions) => runOn(aws, Import, [...argv, '--json'], options);
const started = () =>
  aws.calls
    .filter((call) => call.operation === 'StartBulkPutItems' && 'InputS3Configuration' in call.input)
    .map(({ input }) => input);
const errorIn = ({ stderr }: { stderr: string }) =>
  (JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: Record<string, unknown> }).error;

/** Spoils data files of the export of a table, up to so many. */
function damage(table: string, count: number): void {
  const { told } = aws.exports.find(({ arn }) => arn.includes(`/${table}/`))!;
  const folder = String(told['ExportManifest']).replace('manifest-summary.json', 'data/');
  const keys = [...aws.objects('plant').keys()].filter((key) => key.startsWith(folder));
  for (const key of keys.slice(0, count)) aws.objects('plant').set(key, gzipSync('{"NoItem":1}\n'));
}

describe('import --bulk', () => {
  it('puts the exports into tables that are there, counts them, and replaces equal keys only', async () => {
    aws.put('mqtt_msg', { msgid: { S: 'm1' }, payload: { S: 'changed' } });
    aws.put('mqtt_msg', { msgid: { S: 'later' } });
    const result = await run([...FROM, ...OTHERS, '--max-wcu', '2048', '--yes']);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('to be put: ');
    expect(aws.items('mqtt_msg')).toEqual(expect.arrayContaining([...ITEMS.mqtt_msg, { msgid: { S: 'later' } }]));
    expect(aws.items('mqtt_msg')).toHaveLength(6);
    const rows = itemsIn(result).map((row) => `${row.table} ${row.status} ${row.itemCount} ${row.errors}`);
    expect(rows.sort()).toEqual(OTHERS.map((table) => `${table} COMPLETED ${ITEMS[table].length} 0`).sort());
    for (const input of started()) {
      expect(input).toMatchObject({
        MaxWriteRequestUnits: 2_048,
        InputS3Configuration: {
          S3KeyPrefix: expect.stringMatching(/^emqx\/AWSDynamoDB\/[\w-]+\/data\/$/),
          InputFormat: 'DYNAMODB_JSON',
          InputCompressionType: 'GZIP',
        },
        OutputS3Configuration: { S3KeyPrefix: expect.stringMatching(/\/bulk-report\/$/), OutputType: ['ERROR'] },
      });
    }
  });

  it('needs consent: without a terminal exit 11 and nothing is started, at one a yes', async () => {
    const refused = await run([...FROM, 'mqtt_msg']);
    expect([refused.code, errorIn(refused)]).toMatchObject([11, { code: 'E_CONFIRM' }]);
    expect(refused.stderr).toContain('to be put: 5 items into mqtt_msg');
    expect(started()).toEqual([]);
    // a terminal that is not one of stderr asks nothing, either
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    terminal.end('y\n');
    expect((await run([...FROM, 'mqtt_msg'], { terminal })).code).toBe(11);
    expect(started()).toEqual([]);
  });

  it.each([
    ['a filled map', [...FROM, '--yes'], 11, 'E_NOT_EMPTY'],
    ['a map that is named', [...FROM, 'mqtt_topic_msg_map', '--yes'], 11, 'E_NOT_EMPTY'],
    ['too few write units', [...FROM, 'mqtt_msg', '--max-wcu', '1023', '--yes'], 2, 'E_USAGE'],
    ['both kinds of job', [...FROM, '--native', 's3://plant/emqx'], 2, 'E_USAGE'],
    ['a map flag without --bulk', ['--native', 's3://plant/emqx', '--yes-overwrite-map'], 2, 'E_USAGE'],
  ])('refuses %s, and nothing is started', async (_, argv, exit, code) => {
    const result = await run(argv);
    expect([result.code, errorIn(result)]).toMatchObject([exit, { code }]);
    expect(started()).toEqual([]);
  });

  it('takes a map that is empty, or one that may be overwritten', async () => {
    expect((await run([...FROM, 'mqtt_topic_msg_map', '--yes', '--yes-overwrite-map'])).code).toBe(0);
    aws.bulks.length = 0;
    aws.tables.get('mqtt_topic_msg_map')!.writes.length = 0;
    expect((await run([...FROM, 'mqtt_topic_msg_map', '--yes'])).code).toBe(0);
    expect(aws.items('mqtt_topic_msg_map')).toEqual(ITEMS.mqtt_topic_msg_map);
  });

  it.each([
    ['sorted', { mqdynExport: 1, sorted: true }, 11],
    ['not sorted', { mqdynExport: 1, sorted: false }, 0],
    ["somebody else's", [1], 0],
  ])('a manifest.json beside the exports that says %s', async (_, manifest, exit) => {
    aws.objects('plant').set('emqx/manifest.json', Buffer.from(JSON.stringify(manifest)));
    const result = await run([...FROM, 'mqtt_msg', '--yes']);
    expect(result.code).toBe(exit);
    if (exit !== 0) expect([errorIn(result)['code'], started()]).toEqual(['E_SORTED', []]);
  });

  it('a missing table is exit 4, one with other keys exit 11, one that is no longer ACTIVE exit 11', async () => {
    const table = aws.tables.get('mqtt_msg')!;
    table.status = 'CREATING';
    expect((await run([...FROM, 'mqtt_msg', '--yes'])).code).toBe(11);
    table.status = 'ACTIVE';
    table.definition = { ...aws.tables.get('mqtt_client')!.definition, TableName: 'mqtt_msg' };
    expect(errorIn(await run([...FROM, 'mqtt_msg', '--yes']))['code']).toBe('E_SCHEMA_CONFLICT');
    aws.tables.delete('mqtt_msg');
    expect(errorIn(await run([...FROM, 'mqtt_msg', '--yes']))['code']).toBe('E_NO_TABLE');
    expect(started()).toEqual([]);
  });

  it('an engine that has no such jobs is refused before S3 is read', async () => {
    const folder = temporaryFolder();
    aws.calls.length = 0;
    const { code, stderr } = await runCommand(Import, [...FROM, '--yes', ...local(folder.path)]);
    folder.remove();
    expect([code, stderr, aws.calls]).toEqual([11, expect.stringContaining('has no StartBulkPutItems'), []]);
  });
});

describe('the same bulk import again', () => {
  it('follows the job under way, needs no consent for it, and takes no map for filled that the job fills', async () => {
    aws.looks = 50;
    aws.tables.get('mqtt_topic_msg_map')!.writes.length = 0;
    const first = await run([...FROM, 'mqtt_topic_msg_map', 'mqtt_msg', '--yes', '--no-wait']);
    expect([first.code, itemsIn(first).map(({ status }) => status)]).toEqual([0, ['IN_PROGRESS', 'IN_PROGRESS']]);
    aws.put('mqtt_topic_msg_map', ITEMS.mqtt_topic_msg_map[0]!);
    for (const job of aws.bulks) job.looks = 2;
    const second = await run([...FROM, 'mqtt_topic_msg_map', 'mqtt_msg']);
    expect([second.code, aws.bulks.length]).toEqual([0, 2]);
    expect(itemsIn(second).map(({ job }) => job)).toEqual(itemsIn(first).map(({ job }) => job));
  });

  it('that has ended is told of, also where it filled the map; after eight hours it is another one', async () => {
    aws.tables.get('mqtt_topic_msg_map')!.writes.length = 0;
    const argv = [...FROM, 'mqtt_topic_msg_map'];
    await run([...argv, '--yes', '--no-wait']);
    for (const at of [1, 2]) expect([at, (await run(argv)).code]).toEqual([at, 0]);
    expect(aws.bulks).toHaveLength(1);
    const later = await run(argv, { now: Date.now() + 9 * 3_600_000 });
    expect(errorIn(later)['code']).toBe('E_NOT_EMPTY');
  });

  it('tells of the job that has ended, and puts nothing twice; --restart does', async () => {
    const first = await run([...FROM, 'mqtt_msg', '--yes']);
    aws.put('mqtt_msg', { msgid: { S: 'm1' }, payload: { S: 'newer' } });
    const second = await run([...FROM, 'mqtt_msg', '--yes']);
    expect(itemsIn(second)).toEqual(itemsIn(first));
    expect(aws.items('mqtt_msg')).toContainEqual({ msgid: { S: 'm1' }, payload: { S: 'newer' } });
    expect((await run([...FROM, 'mqtt_msg', '--yes', '--restart'])).code).toBe(0);
    expect(aws.bulks).toHaveLength(2);
    expect(aws.items('mqtt_msg')).toContainEqual(ITEMS.mqtt_msg[0]);
  });
});

describe('a bulk import that ends with errors', () => {
  it('COMPLETED_WITH_ERRORS is no success: exit 3 with the counts and the place of the report', async () => {
    damage('mqtt_msg', 1);
    const result = await run([...FROM, 'mqtt_msg', 'mqtt_sub', '--yes']);
    expect([result.code, errorIn(result)['message']]).toEqual([3, '1 of 2 bulk imports did not end well']);
    expect(errorIn(result)['detail']).toEqual([
      expect.stringMatching(
        /^mqtt_msg: COMPLETED_WITH_ERRORS \(\d of 5 items put, 1 error, see s3:\/\/plant\/emqx\/\S+\/bulk-report\/\)$/,
      ),
    ]);
  });

  it('with nothing put: exit 4', async () => {
    damage('mqtt_msg', 3);
    const result = await run([...FROM, 'mqtt_msg', '--yes']);
    expect([result.code, errorIn(result)['message']]).toEqual([4, expect.stringContaining('0 of 5 items put, 3 errors')]);
  });

  it('fewer items than the manifest says: exit 3, though DynamoDB calls it completed', async () => {
    const { told } = aws.exports.find(({ arn }) => arn.includes('/mqtt_msg/'))!;
    const summary = String(told['ExportManifest']);
    const text = aws.objects('plant').get(summary)!.toString().replace('"itemCount":5', '"itemCount":7');
    aws.objects('plant').set(summary, Buffer.from(text));
    const result = await run([...FROM, 'mqtt_msg', '--yes']);
    expect([result.code, errorIn(result)['message']]).toEqual([3, 'the bulk import of mqtt_msg: 5 of 7 items put, 0 errors']);
  });

  it('one that was cancelled or failed is told', async () => {
    aws.looks = 50;
    await run([...FROM, 'mqtt_msg', '--yes', '--no-wait']);
    aws.bulks[0]!.looks = 3;
    aws.bulks[0]!.end = () => ({ BulkOperationStatus: 'CANCELLED', ProcessedItemCount: 2, FailureCode: 'UserCancelled' });
    const result = await run([...FROM, 'mqtt_msg']);
    expect([result.code, errorIn(result)['message']]).toEqual([3, expect.stringContaining('UserCancelled (2 of 5 items put')]);
  });
});
