import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDiff from '../../src/commands/tables/diff.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import TablesValidate from '../../src/commands/tables/validate.ts';
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { OWN_SCHEMA_DIR } from '../../src/files/schema-folder.ts';
import { startFaultServer, type FaultServer } from '../harness/fault-server.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
let engine: EmbeddedEngine;
let server: FaultServer;
let target: string[];

beforeAll(async () => {
  engine = await startEmbeddedEngine(join(folder.path, 'engine'));
  server = await startFaultServer(engine.endpoint);
  target = ['--endpoint-url', server.endpoint];
});
afterAll(async () => {
  await server.close();
  await engine.close();
  folder.remove();
});

/** Ends every test with no fault, no table and no call. */
afterEach(async () => {
  vi.unstubAllEnvs();
  server.fault = () => undefined;
  await runCommand(TablesDrop, ['--all', '--yes', ...target]);
  server.calls = [];
});

let folders = 0;

/** A folder with the six files, one of them changed. */
function schemaDir(file: string, change: (text: string) => string): string {
  folders += 1;
  const path = join(folder.path, `schemas-${folders}`);
  cpSync(OWN_SCHEMA_DIR, path, { recursive: true });
  writeFileSync(join(path, file), change(readFileSync(join(OWN_SCHEMA_DIR, file), 'utf8')));
  return path;
}

async function liveTables(): Promise<string[]> {
  const { stdout } = await runCommand(TablesList, ['--json', ...target]);
  const { items } = JSON.parse(stdout) as { items: { table: string; status: string }[] };
  return items.filter(({ status }) => status !== 'MISSING').map(({ table }) => table);
}

const describeAs = (change: object) => (operation: string, input: Record<string, unknown>) => {
  if (operation !== 'DescribeTable' || input['TableName'] !== 'mqtt_msg') return undefined;
  const file = JSON.parse(readFileSync(join(OWN_SCHEMA_DIR, 'mqtt_msg.json'), 'utf8')) as object;
  return { reply: { Table: { ...file, TableStatus: 'ACTIVE', TableId: 'x', ...change } } };
};

describe('schema files', () => {
  it('S1 a list that is not closed is reported with its position, and no table is created', async () => {
    const dir = schemaDir('mqtt_sub.json', (text) => text.replace(/\n {2}\],\n {2}"Prov/, '\n  "Prov'));
    const result = await runCommand(TablesCreate, ['--schema-dir', dir, ...target]);
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(
      `mqtt_sub.json:10:3: expected ',' or ']' inside AttributeDefinitions (opened at line 7), found '"ProvisionedThroughput"'`,
    );
    expect(result.stderr).toMatch(/\n {4}"ProvisionedThroughput".*\n {4}\^\n/);
    expect(await liveTables()).toEqual([]);
  });

  it('S2 a missing opening brace', async () => {
    const dir = schemaDir('mqtt_msg.json', (text) => text.trim().slice(1).trim());
    const result = await runCommand(TablesValidate, ['--schema-dir', dir]);
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`mqtt_msg.json:1:1: expected '{', found '"TableName"'`);
  });

  it('S3 all mistakes are reported at once, with JSON paths', async () => {
    const wrong = {
      TableName: 'mqtt_msg',
      KeySchema: [
        { AttributeName: 'nowhere', KeyType: 'RANGE' },
        { AttributeName: 'msgid', KeyType: 'HASH' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'msgid', AttributeType: 'T' },
        { AttributeName: 'unused', AttributeType: 'S' },
      ],
      BilingMode: 'PAY_PER_REQUEST',
      GlobalSecondaryIndexes: [{ IndexName: 'x', KeySchema: [], Projection: { ProjectionTyp: 'ALL' } }],
    };
    const dir = schemaDir('mqtt_msg.json', () => JSON.stringify(wrong, null, 2));
    const result = await runCommand(TablesValidate, ['--schema-dir', dir]);
    expect(result.code).toBe(4);
    for (const fault of [
      '$.KeySchema[0].AttributeName: nowhere is not in AttributeDefinitions',
      '$.KeySchema[0]: the HASH attribute comes first',
      '$.AttributeDefinitions[0].AttributeType: must be S or N or B',
      '$.AttributeDefinitions: unused is defined but no key uses it',
      '$.BilingMode: unknown member. Did you mean BillingMode?',
      'ProvisionedThroughput is missing',
      '$.GlobalSecondaryIndexes[0].IndexName: must be 3 to 255 characters',
      '$.GlobalSecondaryIndexes[0].KeySchema: must be a list with at least one element',
      '$.GlobalSecondaryIndexes[0].Projection.ProjectionTyp: unknown member. Did you mean ProjectionType?',
    ]) {
      expect(result.stderr).toContain(fault);
    }
  });

  it.each(['../x', 'ab', 'a'.repeat(256), 'with space'])('S4 the table name %s', async (name) => {
    const dir = schemaDir('mqtt_msg.json', (text) => text.replace('"mqtt_msg"', JSON.stringify(name)));
    const result = await runCommand(TablesValidate, ['--schema-dir', dir]);
    expect(result.code).toBe(4);
    expect(result.stderr).toContain('$.TableName: must be 3 to 255 characters');
  });

  it('S4 a file of another role, a link out of the folder, a folder, a file over 1 MB', async () => {
    const role = schemaDir('mqtt_msg.json', (text) => text.replace('"mqtt_msg"', '"mqtt_other"'));
    const link = schemaDir('mqtt_msg.json', (text) => text);
    writeFileSync(join(folder.path, 'outside.json'), '{}');
    symlinkSync(join(folder.path, 'outside.json'), join(link, 'zz\u001b[31m.json'));
    const directory = schemaDir('mqtt_msg.json', (text) => text);
    mkdirSync(join(directory, 'more.json'));
    const large = schemaDir('mqtt_msg.json', (text) => text + ' '.repeat(1 << 20));
    for (const [dir, said] of [
      [role, 'the file for mqtt_msg defines mqtt_other'],
      [link, 'zz\\x1b[31m.json points outside'],
      [directory, 'more.json is not a file'],
      [large, 'mqtt_msg.json is larger than 1 MB'],
    ] as const) {
      const result = await runCommand(TablesCreate, ['--schema-dir', dir, ...target]);
      expect(result.code).toBe(4);
      expect(result.stderr).toContain(said);
    }
    expect(await liveTables()).toEqual([]);
  });
});

describe('live tables', () => {
  it('S5 an existing table is left unchanged', async () => {
    await runCommand(TablesCreate, target);
    server.calls = [];
    const again = await runCommand(TablesCreate, ['mqtt_client', '--json', ...target]);
    expect(JSON.parse(again.stdout)).toEqual({ items: [{ table: 'mqtt_client', status: 'exists' }], count: 1 });
    expect(server.calls.every((call) => call.startsWith('Describe'))).toBe(true);
  });

  it('S6 a table with another key is refused, and nothing is created', async () => {
    server.fault = describeAs({
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    });
    const result = await runCommand(TablesCreate, target);
    expect(result.code).toBe(11);
    expect(result.stderr).toContain("E_SCHEMA_CONFLICT: mqtt_msg has key (id HASH) (that is EMQX 5's own DynamoDB action)");
    expect(result.stderr).toContain(
      'the schema file wants (msgid HASH). A key schema cannot be changed. Create a new table beside it with --table-prefix.',
    );
    expect(server.calls.filter((call) => call.startsWith('Create'))).toEqual([]);
    const diff = await runCommand(TablesDiff, ['mqtt_msg', '--json', ...target]);
    expect(diff.code).toBe(1);
    expect(diff.stderr).toContain("that is EMQX 5's own DynamoDB action, not a table of the backend");
    expect(JSON.parse(diff.stdout)).toMatchObject({
      items: [{ table: 'mqtt_msg', path: 'KeySchema', want: '(msgid HASH)', have: '(id HASH)', change: 'recreate' }],
    });
    const apply = await runCommand(TablesApply, ['--yes', ...target]);
    expect(apply.code).toBe(11);
    expect(apply.stderr).toContain('Create a new table beside it with --table-prefix');
  });

  it('S7 a difference in capacity, billing or tags is listed by create, which changes nothing; diff ends with 1', async () => {
    await runCommand(TablesCreate, target);
    const dir = schemaDir('mqtt_msg.json', (text) => text.replace('"ReadCapacityUnits": 5', '"ReadCapacityUnits": 9'));
    const tags = JSON.parse(readFileSync(join(dir, 'mqtt_sub.json'), 'utf8')) as object;
    writeFileSync(join(dir, 'mqtt_sub.json'), JSON.stringify({ ...tags, Tags: [{ Key: 'team', Value: 'iot' }] }));
    server.calls = [];
    const create = await runCommand(TablesCreate, ['--schema-dir', dir, ...target]);
    expect(create.code).toBe(0);
    expect(create.stderr).toContain('mqtt_msg already exists and differs in ProvisionedThroughput.ReadCapacityUnits');
    expect(create.stderr).toContain('mqtt_sub already exists and differs in Tags.team');
    expect(server.calls.every((call) => /^(Describe|List)/.test(call))).toBe(true);
    expect((await runCommand(TablesDiff, ['--schema-dir', dir, ...target])).code).toBe(1);
  });

  it('S8 create waits for a table that is being created, at most as long as --wait', async () => {
    await runCommand(TablesCreate, target);
    let looks = 0;
    server.fault = (operation, input) => {
      if (operation === 'DescribeTable' && input['TableName'] === 'mqtt_msg') looks += 1;
      return looks < 4 ? describeAs({ TableStatus: 'CREATING' })(operation, input) : undefined;
    };
    expect((await runCommand(TablesCreate, target)).code).toBe(0);
    expect(looks).toBeGreaterThan(3);
    server.fault = describeAs({ TableStatus: 'CREATING' });
    const result = await runCommand(TablesCreate, ['--wait', '100ms', ...target]);
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('E_WAIT: waited 0.1 s for mqtt_msg to become ACTIVE; it is CREATING');
  });

  it('S9 create waits for a table that is being deleted, then creates it', async () => {
    let looks = 0;
    server.fault = (operation, input) => {
      if (operation === 'DescribeTable' && input['TableName'] === 'mqtt_msg') looks += 1;
      return looks < 4 ? describeAs({ TableStatus: 'DELETING' })(operation, input) : undefined;
    };
    const result = await runCommand(TablesCreate, ['mqtt_msg', '--json', ...target]);
    expect(JSON.parse(result.stdout)).toMatchObject({ items: [{ table: 'mqtt_msg', status: 'created' }] });
    expect(server.calls.indexOf('CreateTable mqtt_msg')).toBeGreaterThan(3);
  });

  it('S10 a table that is being updated accepts reads and writes', async () => {
    await runCommand(TablesCreate, target);
    server.fault = (operation, input) =>
      operation === 'DescribeTable'
        ? {
            reply: {
              Table: {
                ...(JSON.parse(readFileSync(join(OWN_SCHEMA_DIR, `${String(input['TableName'])}.json`), 'utf8')) as object),
                TableStatus: 'UPDATING',
              },
            },
          }
        : undefined;
    expect((await runCommand(Subscribe, ['c1', 'a/b', ...target])).code).toBe(0);
    const shown = await runCommand(Subs, ['c1', '--json', ...target]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ items: [{ clientid: 'c1', topic: 'a/b' }] });
  });

  it.each([
    { TableStatus: 'ARCHIVED', ArchivalSummary: { ArchivalReason: 'INACCESSIBLE_ENCRYPTION_CREDENTIALS' } },
    { TableStatus: 'ARCHIVING' },
    { TableStatus: 'INACCESSIBLE_ENCRYPTION_CREDENTIALS' },
  ])('S11 $TableStatus is named with its reason; create and apply touch nothing', async (state) => {
    server.fault = describeAs(state);
    for (const result of [await runCommand(TablesCreate, target), await runCommand(TablesApply, ['--yes', ...target])]) {
      expect(result.code).toBe(11);
      const reason = state.ArchivalSummary === undefined ? '' : ' (INACCESSIBLE_ENCRYPTION_CREDENTIALS)';
      expect(result.stderr).toContain(`E_TABLE_STATE: mqtt_msg is ${state.TableStatus}${reason}.`);
    }
    expect(server.calls.filter((call) => !call.startsWith('Describe'))).toEqual([]);
  });

  it('S12 one protected table prevents dropping all six', async () => {
    await runCommand(TablesCreate, target);
    server.fault = describeAs({ DeletionProtectionEnabled: true });
    const result = await runCommand(TablesDrop, ['--all', '--yes', ...target]);
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('E_PROTECTED: mqtt_msg has deletion protection. Nothing was dropped.');
    server.fault = () => undefined;
    expect(await liveTables()).toHaveLength(6);
  });

  it('S12 protection switched on after the check is refused the same way', async () => {
    await runCommand(TablesCreate, target);
    const message =
      'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.';
    server.fault = (operation) => (operation === 'DeleteTable' ? { error: 'ValidationException', message } : undefined);
    const result = await runCommand(TablesDrop, ['mqtt_msg', '--yes', ...target]);
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('E_PROTECTED: mqtt_msg has deletion protection');
  });

  it('S13 without consent and without a terminal nothing is dropped; the counts are shown before', async () => {
    await runCommand(TablesCreate, target);
    await runCommand(Subscribe, ['c1', 'a/b', 'a/c', ...target]);
    const result = await runCommand(TablesDrop, ['mqtt_sub', ...target]);
    expect(result.code).toBe(11);
    expect(result.stderr).toMatch(/to be dropped: mqtt_sub \(2 items\)\nmqdyn: E_CONFIRM: dropping tables needs --yes/);
    expect(await liveTables()).toHaveLength(6);
  });

  it('S14 too many table operations: reports what is created and pending, and a second run completes it', async () => {
    let created = 0;
    server.fault = (operation) => {
      if (operation !== 'CreateTable') return undefined;
      created += 1;
      return created > 3 ? { error: 'LimitExceededException', message: 'Subscriber limit exceeded' } : undefined;
    };
    const result = await runCommand(TablesCreate, ['--wait', '200ms', ...target]);
    expect(result.code).toBe(5);
    expect(result.stderr).toContain(
      'E_WAIT: created 3, pending 3 (Subscriber limit exceeded). Run the same command again to continue.',
    );
    server.fault = () => undefined;
    expect(await liveTables()).toHaveLength(3);
    expect((await runCommand(TablesCreate, target)).code).toBe(0);
    expect(await liveTables()).toHaveLength(6);
  }, 60_000);
});

describe('permission', () => {
  it('A1 no credentials at all: reported within three seconds', async () => {
    const started = Date.now();
    const result = await runCommand(TablesList, ['--region', 'eu-west-1']);
    expect(result.code).toBe(6);
    expect(result.stderr).toContain(
      'E_CREDENTIALS: none found for eu-west-1 at AWS (environment, profile "default", container; ',
    );
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it('A1 a loopback endpoint gets dummy credentials', async () => {
    expect((await runCommand(TablesList, target)).code).toBe(0);
  });

  it.each(['UnrecognizedClientException', 'InvalidSignatureException'])('A2 %s names profile and key id', async (error) => {
    server.fault = () => ({ error, message: 'The security token included in the request is invalid.' });
    const env = { AWS_ACCESS_KEY_ID: 'MQDYNTESTKEY7QXZ', AWS_SECRET_ACCESS_KEY: 'nosuchsecret' };
    // the SDK reads process.env
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const result = await runCommand(TablesList, target, { env });
    expect(result.code).toBe(6);
    expect(result.stderr).toContain('refused the credentials');
    expect(result.stderr).toContain('key id ...7QXZ');
    expect(result.stderr).not.toContain('MQDYNTESTKEY');
    expect(result.stderr).not.toContain('nosuchsecret');
  });

  it('A3 a denied change names the permission and the table, and what was done stays', async () => {
    await runCommand(TablesCreate, target);
    const dir = schemaDir('mqtt_msg.json', (text) => text.replace('"ReadCapacityUnits": 5', '"ReadCapacityUnits": 9'));
    server.fault = (operation) =>
      operation === 'UpdateTable' ? { error: 'AccessDeniedException', message: 'not authorized to perform it' } : undefined;
    const result = await runCommand(TablesApply, ['--yes', '--schema-dir', dir, ...target]);
    expect(result.code).toBe(6);
    expect(result.stderr).toContain('E_DENIED: dynamodb:UpdateTable on mqtt_msg: not authorized to perform it');
  });

  it('A4 DescribeTable denied: nothing is created', async () => {
    server.fault = (operation) =>
      operation === 'DescribeTable' ? { error: 'AccessDeniedException', message: 'not authorized' } : undefined;
    const result = await runCommand(TablesCreate, target);
    expect(result.code).toBe(6);
    expect(result.stderr).toContain('E_DENIED: dynamodb:DescribeTable on mqtt_');
    expect(server.calls.filter((call) => !call.startsWith('Describe'))).toEqual([]);
  });

  it('A5 a denied KMS key is a permission error', async () => {
    server.fault = (operation) =>
      operation === 'CreateTable'
        ? { error: 'AccessDeniedException', message: 'KMS key access denied: arn:aws:kms:eu-west-1:1:key/0 is not accessible' }
        : undefined;
    const result = await runCommand(TablesCreate, ['mqtt_msg', ...target]);
    expect(result.code).toBe(6);
    expect(result.stderr).toContain('E_DENIED: dynamodb:CreateTable on mqtt_msg: KMS key access denied');
  });
});
