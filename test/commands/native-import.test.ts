import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Export from '../../src/commands/export.ts';
import Import from '../../src/commands/import.ts';
import { TABLES } from '../../src/domain/records/tables.ts';
import { definitionOf, fakePlant, ITEMS, itemsIn, runOn } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';
import { local, runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await fakePlant();
  const { code } = await runOn(aws, Export, ['--native', 's3://plant/emqx', '--at', '2026-01-01']);
  expect(code).toBe(0);
  aws.calls.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const FROM = ['--native', 's3://plant/emqx', '--table-prefix', 'new-'];
const run = (argv: string[], options?: RunOptions) => runOn(aws, Import, [...argv, '--json'], options);
const started = () =>
  aws.calls.filter((call) => call.operation === 'ImportTable' && 'S3BucketSource' in call.input).map(({ input }) => input);
const errorIn = ({ stderr }: { stderr: string }) => JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: object };

/** The data files of the export of a table that hold something. */
function dataOf(table: string): string[] {
  const { told } = aws.exports.find(({ arn }) => arn.includes(`/${table}/`))!;
  const folder = String(told['ExportManifest']).replace('manifest-summary.json', 'data/');
  return [...aws.objects('plant').keys()].filter((key) => key.startsWith(folder));
}

const damage = (key: string) => aws.objects('plant').set(key, gzipSync('{"NoItem":1}\n'));

describe('import --native', () => {
  it('makes new tables of the exports below a prefix, with every item, and compares the counts', async () => {
    const result = await run(FROM);
    expect([result.code, result.stderr]).toEqual([0, expect.stringMatching(/^Writing to: [^\n]+\n$/)]);
    for (const table of TABLES) {
      expect(
        aws
          .items(`new-${table}`)
          .map((item) => JSON.stringify(item))
          .sort(),
      ).toEqual(ITEMS[table].map((item) => JSON.stringify(item)).sort());
    }
    const wanted = TABLES.map((table) => `new-${table} COMPLETED ${ITEMS[table].length} of ${ITEMS[table].length} 0`);
    const rows = itemsIn(result).map((row) => `${row.table} ${row.status} ${row.itemCount} of ${row.expected} ${row.errors}`);
    expect(rows.sort()).toEqual(wanted.sort());
  });

  it('points DynamoDB at the data folder of each export, gzipped, with the definition of the schema file', async () => {
    await run([...FROM, 'mqtt_msg']);
    expect(started()).toMatchObject([
      {
        S3BucketSource: { S3Bucket: 'plant', S3KeyPrefix: expect.stringMatching(/^emqx\/AWSDynamoDB\/[\d]+-[0-9a-f]+\/data\/$/) },
        InputFormat: 'DYNAMODB_JSON',
        InputCompressionType: 'GZIP',
        TableCreationParameters: { ...definitionOf('mqtt_msg', 'new-') },
      },
    ]);
  });

  it('refuses tables that are there, before any is made', async () => {
    for (const table of ['mqtt_sub', 'mqtt_msg'] as const) aws.addTable(definitionOf(table, 'new-'));
    const result = await run(FROM);
    expect([result.code, errorIn(result)]).toMatchObject([
      11,
      { error: { code: 'E_EXISTS', message: expect.stringMatching(/^new-mqtt_\w+, new-mqtt_\w+ are there already/) } },
    ]);
    expect(started()).toEqual([]);
  });

  it('names the settings that an import does not make', async () => {
    const folder = temporaryFolder();
    const definition = { ...definitionOf('mqtt_sub'), PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
    writeFileSync(join(folder.path, 'mqtt_sub.json'), JSON.stringify(definition));
    const { code, stderr } = await run([...FROM, '--schema-dir', folder.path]);
    folder.remove();
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('PointInTimeRecoverySpecification; mqdyn tables apply sets them'),
    ]);
    expect(started()[0]!['TableCreationParameters']).not.toHaveProperty('PointInTimeRecoverySpecification');
  });

  it('refuses local secondary indexes, which an import cannot make', async () => {
    const folder = temporaryFolder();
    const index = {
      IndexName: 'by-qos',
      KeySchema: [
        { AttributeName: 'clientid', KeyType: 'HASH' },
        { AttributeName: 'qos', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    };
    const definition = definitionOf('mqtt_sub');
    const attributes = [...definition.AttributeDefinitions, { AttributeName: 'qos', AttributeType: 'N' }];
    writeFileSync(
      join(folder.path, 'mqtt_sub.json'),
      JSON.stringify({ ...definition, AttributeDefinitions: attributes, LocalSecondaryIndexes: [index] }),
    );
    const result = await run([...FROM, '--schema-dir', folder.path]);
    folder.remove();
    expect([result.code, errorIn(result)]).toMatchObject([11, { error: { code: 'E_UNSUPPORTED' } }]);
  });
});

describe('the same import again', () => {
  it('follows the jobs that it started, and tells of them once more when they have ended', async () => {
    aws.looks = 3;
    const first = await run([...FROM, '--no-wait']);
    expect(itemsIn(first).map(({ status, itemCount }) => [status, itemCount])).toEqual(
      Array.from({ length: 6 }, () => ['IN_PROGRESS', null]),
    );
    const second = await run(FROM);
    const third = await run(FROM);
    expect([first.code, second.code, third.code]).toEqual([0, 0, 0]);
    expect(itemsIn(third)).toEqual(itemsIn(second));
    expect(itemsIn(second).map(({ job }) => job)).toEqual(itemsIn(first).map(({ job }) => job));
    expect(aws.imports).toHaveLength(6);
  });

  it('shows of jobs that were only started which they are', async () => {
    const { stdout } = await runOn(aws, Import, [...FROM, 'mqtt_msg', '--no-wait']);
    expect(stdout.replaceAll(/ +/g, ' ')).toMatch(
      /^table status job *\nnew-mqtt_msg IN_PROGRESS arn:aws:dynamodb:\S+\/import\/\S+\n$/,
    );
    const followed = await runOn(aws, Import, [...FROM, 'mqtt_msg']);
    expect(followed.stdout.replaceAll(/ +/g, ' ')).toContain('new-mqtt_msg COMPLETED 5 5 0');
  });

  it('goes on with the tables that a stop left out', async () => {
    aws.looks = 3;
    await run([...FROM, 'mqtt_msg', 'mqtt_sub', '--no-wait']);
    expect((await run(FROM)).code).toBe(0);
    expect(aws.imports).toHaveLength(6);
  });

  it('Ctrl-C ends the wait at once', async () => {
    aws.looks = 1_000;
    const onSignal: RunOptions['onSignal'] = (listener) => {
      const timer = setInterval(() => {
        if (aws.imports.length < 6 || !aws.calls.some(({ operation }) => operation === 'DescribeImport')) return;
        clearInterval(timer);
        listener('SIGTERM');
      }, 5);
      return () => clearInterval(timer);
    };
    const { raised, stderr } = await run(FROM, { onSignal });
    expect([raised, stderr]).toEqual(['SIGTERM', expect.stringContaining('the jobs go on in AWS; to follow them, run the same')]);
  });
});

describe('an import that fails', () => {
  it('with bad lines in some objects: exit 3, errors and counts told, the partly filled table named', async () => {
    damage(dataOf('mqtt_msg')[0]!);
    const result = await run(FROM);
    expect(result.code).toBe(3);
    const { error } = errorIn(result) as { error: { code: string; detail: string[] } };
    expect(error).toMatchObject({ code: 'E_JOB', message: '1 of 6 imports did not end well' });
    expect(error.detail).toEqual([
      expect.stringMatching(
        /^new-mqtt_msg: ItemValidationError: .*\d of 5 items imported, 1 error; new-mqtt_msg stays, partly filled/,
      ),
    ]);
    expect(itemsIn(result).find(({ table }) => table === 'new-mqtt_msg')).toMatchObject({
      status: 'FAILED',
      errors: 1,
      expected: 5,
    });
  });

  it('is never taken for a success by a second run, and is made anew once the table is gone', async () => {
    const [key] = dataOf('mqtt_msg');
    const whole = aws.objects('plant').get(key!)!;
    damage(key!);
    expect((await run([...FROM, 'mqtt_msg'])).code).toBe(3);
    expect((await run([...FROM, 'mqtt_msg'])).code).toBe(3);
    expect(aws.imports).toHaveLength(1);
    aws.objects('plant').set(key!, whole);
    aws.tables.delete('new-mqtt_msg');
    const result = await run([...FROM, 'mqtt_msg']);
    expect([result.code, itemsIn(result)]).toMatchObject([0, [{ itemCount: 5, expected: 5 }]]);
    expect(aws.imports).toHaveLength(2);
  });

  it('with nothing imported: exit 4', async () => {
    for (const key of dataOf('mqtt_msg')) damage(key);
    const result = await run([...FROM, 'mqtt_msg']);
    expect([result.code, errorIn(result)]).toMatchObject([
      4,
      { error: { message: expect.stringMatching(/0 of 5 items imported, 3 errors/) } },
    ]);
  });

  it('with fewer items than the manifest says: exit 3, though DynamoDB calls it completed', async () => {
    aws.objects('plant').delete(dataOf('mqtt_msg')[0]!);
    const result = await run([...FROM, 'mqtt_msg']);
    expect([result.code, itemsIn(result)]).toMatchObject([3, [{ status: 'COMPLETED', expected: 5 }]]);
    expect(errorIn(result)).toMatchObject({ error: { message: expect.stringMatching(/of 5 items imported, 0 errors/) } });
  });

  it('for too many at a time: what was started before is named, and the same command goes on with the rest', async () => {
    aws.limits.imports = 2;
    const result = await run(FROM);
    expect([result.code, errorIn(result)]).toMatchObject([5, { error: { code: 'E_WAIT' } }]);
    const { detail } = errorIn(result).error as { detail: string[] };
    expect(detail).toEqual(aws.imports.map(({ arn }) => expect.stringMatching(`^started before: new-mqtt_\\w+ ${arn}$`)));
    expect(aws.imports).toHaveLength(2);
    aws.limits.imports = 50;
    expect((await run(FROM)).code).toBe(0);
    expect(aws.imports).toHaveLength(6);
  });

  it('for want of a permission: exit 6, and nothing is started', async () => {
    aws.deniedOperations.add('ImportTable');
    expect((await run(FROM)).code).toBe(6);
    expect(aws.imports).toEqual([]);
  });
});

describe('what cannot be imported', () => {
  it('two exports of one table are refused and named; the folder of one of them is taken', async () => {
    await runOn(aws, Export, ['mqtt_msg', '--native', 's3://plant/emqx', '--at', '2026-02-01']);
    const result = await run(FROM);
    expect([result.code, errorIn(result)]).toMatchObject([
      4,
      {
        error: {
          code: 'E_INPUT',
          detail: [1, 2].map(() => expect.stringMatching(/ as of 2026-0[12]-01T00:00:00.000Z$/)),
        },
      },
    ]);
    expect(started()).toEqual([]);
    const folder = String(aws.exports.at(-1)!.told['ExportManifest']).replace('/manifest-summary.json', '');
    const one = await run(['--native', `s3://plant/${folder}`, '--table-prefix', 'new-']);
    expect([one.code, itemsIn(one)]).toMatchObject([0, [{ table: 'new-mqtt_msg' }]]);
  });

  it('nothing below the prefix, a table that no schema file has, a bucket that is missing', async () => {
    expect(await run(['--native', 's3://plant/nothing'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/no complete export below/),
    });
    expect((await run([...FROM, 'mqtt_nothing'])).code).toBe(2);
    expect(await run(['--native', 's3://nowhere/emqx'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/E_BUCKET/) });
    expect(started()).toEqual([]);
  });

  it('an engine that has no such jobs is not asked for more, and S3 not at all', async () => {
    const folder = temporaryFolder();
    const { code, stderr } = await runCommand(Import, [...FROM, ...local(folder.path)]);
    folder.remove();
    expect([code, stderr]).toEqual([11, expect.stringContaining('has no ImportTable: it is a job of AWS itself')]);
    expect(aws.calls).toEqual([]);
  });

  it('a read-only target', async () => {
    expect((await run(FROM, { env: { MQDYN_READ_ONLY: 'true' } })).code).toBe(11);
    expect(aws.calls).toEqual([]);
  });
});
