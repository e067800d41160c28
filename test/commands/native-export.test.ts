import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Export from '../../src/commands/export.ts';
import { TABLES } from '../../src/domain/records/tables.ts';
import { definitionOf, fakePlant, ITEMS, itemsIn, runOn } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';
import { local, runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await fakePlant();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const TO = ['--native', 's3://plant/emqx'];
const run = (argv: string[], options?: RunOptions) => runOn(aws, Export, [...argv, '--json'], options);
const callsOf = (operation: string) =>
  aws.calls.filter((call) => call.operation === operation && 'S3Bucket' in call.input).map(({ input }) => input);
const callsTo = (operation: string) => aws.calls.filter((call) => call.operation === operation).length;
const started = () => callsOf('ExportTableToPointInTime');

/** Asks the command to stop once something has come about. */
const stopWhen = (reached: () => boolean): RunOptions => ({
  onSignal: (listener) => {
    const timer = setInterval(() => {
      if (!reached()) return;
      clearInterval(timer);
      listener('SIGINT');
    }, 5);
    return () => clearInterval(timer);
  },
});

describe('export --native', () => {
  it('exports all six tables as of one instant and follows them to their end', async () => {
    const result = await run(TO, { now: 1_700_000_000_999 });
    expect([result.code, result.stderr]).toEqual([0, '6 exports as of 2023-11-14T22:13:20.000Z\n']);
    const items = itemsIn(result);
    const wanted = TABLES.map((table) => `${table} COMPLETED ${ITEMS[table].length} 2023-11-14T22:13:20.000Z`);
    expect(items.map((row) => `${row.table} ${row.status} ${row.itemCount} ${row.at}`).sort()).toEqual(wanted.sort());
    for (const { manifest } of items) expect(aws.objects('plant').has(String(manifest).replace('s3://plant/', ''))).toBe(true);
    expect(new Set(started().map(({ ExportTime }) => ExportTime))).toEqual(new Set([1_700_000_000]));
    expect(new Set(started().map(({ ClientToken }) => ClientToken)).size).toBe(6);
    for (const input of started()) expect(input).toMatchObject({ S3Prefix: 'emqx', ExportFormat: 'DYNAMODB_JSON' });
  });

  it('takes named tables by their live names, and a bucket without a prefix', async () => {
    aws.addTable(definitionOf('mqtt_msg', 'prod-'), ITEMS.mqtt_msg);
    const result = await run(['mqtt_msg', '--native', 's3://plant/', '--table-prefix', 'prod-']);
    expect(itemsIn(result)).toMatchObject([{ table: 'prod-mqtt_msg', status: 'COMPLETED', itemCount: 5 }]);
    expect(started()[0]).not.toHaveProperty('S3Prefix');
  });

  it('--at goes back to what was there then', async () => {
    aws.put('mqtt_msg', { msgid: { S: 'later' } }, Date.UTC(2026, 0, 2));
    const result = await run([...TO, 'mqtt_msg', '--at', '2026-01-01T12:30:00.250Z']);
    expect(itemsIn(result)).toMatchObject([{ itemCount: 5, at: '2026-01-01T12:30:00.250Z' }]);
  });

  it('--from and --to export changes with both images', async () => {
    aws.put('mqtt_sub', { clientid: { S: 'panel-1' }, topic: { S: 'plant/1' }, qos: { N: '2' } }, Date.UTC(2026, 0, 1, 1));
    const window = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-01T06:00:00Z'];
    const result = await run([...TO, 'mqtt_sub', ...window]);
    expect([result.code, result.stderr]).toEqual([0, '1 export up to 2026-01-01T06:00:00.000Z\n']);
    expect(itemsIn(result)).toMatchObject([{ status: 'COMPLETED', itemCount: 1 }]);
    expect(started()).toMatchObject([
      {
        ExportType: 'INCREMENTAL_EXPORT',
        IncrementalExportSpecification: { ExportViewType: 'NEW_AND_OLD_IMAGES', ExportFromTime: Date.UTC(2026, 0, 1) / 1_000 },
      },
    ]);
    await run([...TO, 'mqtt_sub', ...window]);
    expect(aws.exports).toHaveLength(1);
  });

  it.each([
    ['--from 2026-01-01 --to 2026-01-01T00:14:59Z', '15 minutes to 24 hours'],
    ['--from 2026-01-02 --to 2026-01-01', '15 minutes to 24 hours'],
    ['--from 2026-01-01 --to 2026-01-02T00:00:01Z', '15 minutes to 24 hours'],
    ['--from 2026-01-01', '--from needs --to'],
    ['--at 2026-01-01 --from 2026-01-01 --to 2026-01-02', 'exclude each other'],
    ['--at yesterday', 'invalid time'],
  ])('%s is a usage error, and nothing is asked of AWS', async (flags, says) => {
    const { code, stderr } = await run([...TO, ...flags.split(' ')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(aws.calls).toEqual([]);
  });
});

describe('the same export again', () => {
  it('after --no-wait goes on with the jobs that run, all of them as of the same instant', async () => {
    aws.looks = 3;
    const first = await run([...TO, 'mqtt_msg', 'mqtt_sub', '--no-wait'], { now: 1_700_000_000_000 });
    expect(first.stderr).toContain('with --at 2023-11-14T22:13:20.000Z and without --no-wait');
    expect(itemsIn(first)).toMatchObject([{ status: 'IN_PROGRESS', itemCount: null, failure: null }, {}]);
    const second = await run(TO);
    expect(second.code).toBe(0);
    expect(aws.exports).toHaveLength(6);
    const jobs = itemsIn(second);
    expect(jobs.map(({ job }) => job)).toEqual(expect.arrayContaining(itemsIn(first).map(({ job }) => job)));
    expect(new Set(jobs.map(({ at }) => at))).toEqual(new Set(['2023-11-14T22:13:20.000Z']));
  });

  it('is another one where it goes elsewhere, or where none runs any more', async () => {
    aws.looks = 5;
    await run([...TO, 'mqtt_msg', '--no-wait'], { now: Date.now() - 120_000 });
    await run(['mqtt_msg', '--native', 's3://plant/other', '--no-wait']);
    expect(aws.exports).toHaveLength(2);
    await run([...TO, 'mqtt_msg']);
    expect(aws.exports).toHaveLength(2);
    const { stdout } = await run([...TO, 'mqtt_msg'], { now: Date.now() - 60_000 });
    expect(aws.exports).toHaveLength(3);
    expect(stdout).toContain(aws.exports[2]!.arn);
  });

  it('with --at is never started twice, however often and however far it ran', async () => {
    const mode = fc.constantFrom('wait', 'no-wait', 'stop');
    await fc.assert(
      fc.asyncProperty(fc.array(mode, { minLength: 1, maxLength: 4 }), fc.nat({ max: 6 }), async (modes, count) => {
        aws.exports.length = 0;
        aws.looks = 2;
        for (const how of modes) {
          const flags = how === 'no-wait' ? ['--no-wait'] : [];
          await run([...TO, '--at', '2026-01-01', ...flags], how === 'stop' ? stopWhen(() => aws.exports.length >= count) : {});
        }
        const { code, stdout } = await run([...TO, '--at', '2026-01-01']);
        expect([code, (JSON.parse(stdout) as { count: number }).count]).toEqual([0, 6]);
        expect(aws.exports.map(({ told }) => told['ExportStatus'])).toEqual(Array(6).fill('COMPLETED'));
      }),
      { numRuns: 12 },
    );
  });

  it('with --restart is another one, where the same one failed', async () => {
    const at = ['mqtt_msg', '--at', '2026-01-01'];
    await run([...TO, ...at, '--no-wait']);
    aws.exports[0]!.end = () => ({ ExportStatus: 'FAILED', FailureCode: 'Unknown' });
    const failed = await run([...TO, ...at]);
    expect([failed.code, failed.stderr]).toEqual([4, expect.stringContaining('--restart')]);
    expect((await run([...TO, ...at])).code).toBe(4);
    expect((await run([...TO, ...at, '--restart'])).code).toBe(0);
    expect(aws.exports).toHaveLength(2);
  });

  it('Ctrl-C ends the wait at once and says how to go on', async () => {
    aws.looks = 1_000;
    const began = performance.now();
    const following = stopWhen(() => callsTo('DescribeExport') > 0);
    const { raised, stderr, stdout } = await run(TO, { ...following, now: 1_700_000_000_000 });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect([raised, stdout]).toEqual(['SIGINT', '']);
    expect(stderr).toContain('the jobs go on in AWS; to follow them, run the same command with --at 2023-11-14T22:13:20.000Z');
  });
});

describe('what is missing for an export', () => {
  it('point-in-time recovery: all tables without it are named, and nothing is started', async () => {
    for (const table of ['mqtt_sub', 'mqtt_msg']) aws.tables.get(table)!.recovery = false;
    const { code, stderr } = await run(TO);
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'E_RECOVERY', hint: expect.stringContaining('mqdyn tables apply') },
    });
    for (const table of ['mqtt_sub', 'mqtt_msg']) expect(stderr).toContain(table);
    expect(aws.exports).toEqual([]);
  });

  it('the bucket: named before anything is started', async () => {
    const { code, stderr } = await run(['--native', 's3://nowhere']);
    expect([code, JSON.parse(stderr)]).toMatchObject([4, { error: { code: 'E_BUCKET', message: 'there is no bucket nowhere' } }]);
    expect(aws.exports).toEqual([]);
  });

  it('a table: exit 4', async () => {
    aws.tables.delete('mqtt_retain');
    const { code, stderr } = await run(TO);
    expect([code, stderr]).toEqual([4, expect.stringContaining('mqtt_retain not found')]);
    expect(aws.exports).toEqual([]);
  });

  it('a permission: for the export itself exit 6; to look beforehand it is not needed', async () => {
    aws.deniedOperations.add('DescribeContinuousBackups');
    expect((await run([...TO, 'mqtt_sub'])).code).toBe(0);
    aws.deniedOperations.add('ListExports');
    const { code, stderr } = await run(TO);
    expect([code, stderr]).toEqual([6, expect.stringContaining('dynamodb:ListExports')]);
  });

  it('a permission of the bucket: what the job says is told, exit 6', async () => {
    aws.s3.denied.add('theirs');
    const { code, stderr, stdout } = await run(['mqtt_sub', '--native', 's3://theirs']);
    expect(code).toBe(6);
    expect(stderr).toContain('note: could not look at the bucket beforehand');
    expect(stderr).toContain('the export of mqtt_sub: S3AccessDenied: Access Denied');
    expect(itemsIn({ stdout } as never)).toMatchObject([{ status: 'FAILED', failure: 'S3AccessDenied: Access Denied' }]);
  });

  it('an engine that has no such jobs: one sentence', async () => {
    const folder = temporaryFolder();
    const { code, stderr } = await runCommand(Export, [...TO, ...local(folder.path)]);
    folder.remove();
    expect(code).toBe(11);
    expect(stderr).toMatch(
      /mqdyn: E_UNSUPPORTED: the embedded engine in \S+ has no ExportTableToPointInTime: it is a job of AWS itself\./,
    );
  });
});

describe('an export that fails', () => {
  it('all of them for a bucket that went: exit 4; one of many: exit 3, and the rest is there', async () => {
    const at = ['--at', '2026-01-01'];
    await run([...TO, ...at, '--no-wait']);
    aws.exports[2]!.end = () => ({
      ExportStatus: 'FAILED',
      FailureCode: 'KmsKeyDisabled',
      FailureMessage: 'the key is disabled',
    });
    const one = await run([...TO, ...at]);
    expect([one.code, JSON.parse(one.stderr.split('\n').at(-2)!)]).toMatchObject([
      3,
      {
        error: { code: 'E_JOB', message: '1 of 6 exports did not end well', detail: [expect.stringContaining('KmsKeyDisabled')] },
      },
    ]);
    expect(itemsIn(one).filter(({ status }) => status === 'COMPLETED')).toHaveLength(5);

    const gone = ['--native', 's3://gone', ...at];
    aws.objects('gone');
    await run([...gone, '--no-wait']);
    aws.s3.buckets.delete('gone');
    aws.s3.denied.add('gone');
    for (const job of aws.exports.slice(6)) job.end = () => ({ ExportStatus: 'FAILED', FailureCode: 'S3NoSuchBucket' });
    const all = await run(gone);
    expect([all.code, all.stderr]).toEqual([4, expect.stringContaining('6 of 6 exports did not end well')]);
  });

  it('a time before point-in-time recovery or after now is refused by name', async () => {
    const { code, stderr } = await run([...TO, '--at', '2999-01-01']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('ExportTime is in the future')]);
  });
});

describe('a target where nothing may be written', () => {
  it('may be exported: its tables stay as they are', async () => {
    const { code } = await run([...TO, 'mqtt_sub'], { env: { MQDYN_READ_ONLY: 'true' } });
    expect(code).toBe(0);
  });
});
