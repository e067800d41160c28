import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import Config from '../../src/commands/config.ts';
import Scan from '../../src/commands/scan.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import Unsubscribe from '../../src/commands/unsubscribe.ts';
import { runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'xdg', 'mqdyn', 'config.json');
const env = { XDG_CONFIG_HOME: join(folder.path, 'xdg') };
afterAll(() => folder.remove());

const config = (argv: string[], more: RunOptions = {}) => runCommand(Config, argv, { ...more, env: { ...env, ...more.env } });

function write(content: unknown): void {
  mkdirSync(join(folder.path, 'xdg', 'mqdyn'), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

async function inForce(argv: string[] = [], variables: NodeJS.ProcessEnv = {}) {
  const { stdout } = await config(['--json', ...argv], { env: variables });
  const { items } = JSON.parse(stdout) as { items: { key: string; value: string | null; source: string | null }[] };
  return Object.fromEntries(items.map(({ key, value, source }) => [key, value === null ? null : `${value} (${source})`]));
}

beforeEach(() => write({}));

describe('config', () => {
  it('makes contexts, uses one and shows what is in force with its source', async () => {
    for (const argv of [
      ['-c', 'staging', 'region', 'eu-west-1'],
      ['-c', 'staging', 'table-prefix', 'stg_'],
      ['-c', 'prod', 'region', 'eu-central-1'],
      ['-c', 'prod', 'read-only', 'true'],
      ['profile', 'everywhere'],
      ['use', 'staging'],
    ]) {
      expect((await config(argv)).code, argv.join(' ')).toBe(0);
    }
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      context: 'staging',
      contexts: { staging: { region: 'eu-west-1', 'table-prefix': 'stg_' }, prod: { region: 'eu-central-1', 'read-only': true } },
      profile: 'everywhere',
    });
    expect(await inForce()).toMatchObject({
      context: `staging (${file})`,
      region: 'eu-west-1 (context staging)',
      'table-prefix': 'stg_ (context staging)',
      profile: `everywhere (${file})`,
      'read-only': null,
    });
  });

  it('puts flag before context by flag before variable before context before the rest of the file', async () => {
    write({ region: 'r-file', context: 'a', contexts: { a: { region: 'r-a' }, b: { region: 'r-b' } } });
    expect(await inForce()).toMatchObject({ region: 'r-a (context a)' });
    expect(await inForce([], { MQDYN_REGION: 'r-env' })).toMatchObject({ region: 'r-env (MQDYN_REGION)' });
    expect(await inForce([], { MQDYN_CONTEXT: 'b' })).toMatchObject({ context: 'b (MQDYN_CONTEXT)', region: 'r-b (context b)' });
    expect(await inForce(['-c', 'b'], { MQDYN_REGION: 'r-env' })).toMatchObject({ region: 'r-b (context b)' });
    expect(await inForce(['-c', 'b', '--region', 'r-flag'])).toMatchObject({ region: 'r-flag (--region)' });
    write({});
    expect(await inForce([], { AWS_REGION: 'r-aws' })).toMatchObject({ region: 'r-aws (AWS_REGION)' });
  });

  it('shows one setting; exit 1 when it is not set', async () => {
    write({ region: 'eu-west-1' });
    const shown = await config(['region', '--json']);
    expect(JSON.parse(shown.stdout)).toEqual({ key: 'region', value: 'eu-west-1', source: file });
    expect((await config(['profile'])).code).toBe(1);
  });

  it('removes a setting with an empty value, and leaves the current context with -', async () => {
    write({ region: 'x', context: 'a', contexts: { a: { region: 'y' } } });
    await config(['region', '']);
    await config(['use', '-']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ region: 'x', contexts: { a: {} } });
  });

  it('unsets a setting, in a context too, and deletes a context, also the one in use', async () => {
    write({ region: 'x', context: 'a', contexts: { a: { region: 'y' }, b: { region: 'z' } } });
    expect((await config(['unset', 'region'])).stderr).toBe(`region is no longer set for context a (${file})\n`);
    await config(['unset', 'region', '-c', 'b']);
    expect((await config(['delete', 'b'])).stderr).toBe(`deleted context b (${file})\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ region: 'x', context: 'a', contexts: { a: {} } });
    expect((await config(['delete', 'a'])).stderr).toBe(`deleted context a (${file}); no context is in use now\n`);
    await config(['unset', 'region']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({});
  });

  it('stores folders whole, and reads them from where the file is', async () => {
    await config(['schema-dir', 'some/where']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ 'schema-dir': join(process.cwd(), 'some/where') });
    write({ 'schema-dir': './mine' });
    expect(await inForce()).toMatchObject({ 'schema-dir': `${join(folder.path, 'xdg', 'mqdyn', 'mine')} (${file})` });
  });

  it('lists contexts', async () => {
    write({ context: 'b', contexts: { a: { region: 'x' }, b: { 'read-only': true } } });
    const { stdout } = await config(['use', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [
        { context: 'a', used: false, region: 'x' },
        { context: 'b', used: true, 'read-only': true },
      ],
    });
  });

  it.each([
    [['regoin', 'x'], 2, 'unknown setting "regoin". Did you mean region?'],
    [['use', 'prd'], 2, 'unknown context "prd". Did you mean prod?'],
    [['delete', 'prd'], 2, 'unknown context "prd". Did you mean prod?'],
    [['delete'], 2, 'expected: config delete NAME'],
    [['unset'], 2, 'expected: config unset KEY'],
    [['unset', 'regoin'], 2, 'unknown setting "regoin". Did you mean region?'],
    [['unset', 'region', '-c', 'nowhere'], 2, 'unknown context "nowhere"'],
    [['read-only', 'perhaps'], 2, 'read-only must be true or false'],
    [['-c', 'a b', 'region', 'x'], 2, 'invalid context name "a b"'],
    [['-c', 'nowhere'], 2, 'unknown context "nowhere".'],
    [['secret-access-key', 'hunter2'], 11, 'E_SECRET: secret-access-key is a secret. Nothing was stored.'],
    [['aws_session_token', 'hunter2'], 11, 'E_SECRET'],
    [['endpoint-url', 'https://me:hunter2@host'], 11, 'E_SECRET: the value of endpoint-url contains a secret'],
  ] as const)('refuses %j', async (argv, code, said) => {
    write({ contexts: { prod: {} } });
    const before = readFileSync(file, 'utf8');
    const result = await config([...argv]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(said);
    expect(result.stderr).not.toContain('hunter2');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each([
    ['{\n  "region": 5\n}', ':2:13: region must be a string'],
    ['{\n  "contexts": {\n    "a": { "regoin": "x" }\n  }\n}', ':3:22: unknown setting regoin. Did you mean region?'],
    ['{\n  "context": "b",\n  "contexts": { "a": {} }\n}', ':2:14: unknown context "b"'],
    ['{\n  "aws_secret_access_key": "hunter2"\n}', ':2:28: a secret does not belong in this file'],
    ['{\n  "read-only": "yes"\n}', ':2:16: read-only must be true or false'],
    ['{\n  "region": "x"\n  "profile": "y"\n}', `:3:3: expected ',' or '}'`],
  ])('names the line at fault of %j, whichever command reads it', async (text, said) => {
    write(text);
    for (const result of [await config([]), await runCommand(TablesList, [], { env })]) {
      expect(result.code).toBe(4);
      expect(result.stderr).toContain(`E_CONFIG: ${file}${said}`);
      expect(result.stderr).not.toContain('hunter2');
    }
  });
});

describe('a read-only context', () => {
  const target = ['--endpoint-url', 'local', '--data-dir', join(folder.path, 'data')];

  it('refuses every command that writes, and reads', async () => {
    await runCommand(TablesCreate, target);
    await runCommand(Subscribe, ['c1', 'a/b', ...target]);
    write({ contexts: { prod: { 'endpoint-url': 'local', 'data-dir': join(folder.path, 'data'), 'read-only': true } } });
    const refused = [
      [TablesCreate, []],
      [TablesApply, ['--yes']],
      [TablesDrop, ['--all', '--yes']],
      [Subscribe, ['c1', 'a/c']],
      [Unsubscribe, ['c1', '--all']],
    ] as const;
    for (const [command, argv] of refused) {
      const result = await runCommand(command, [...argv, '-c', 'prod'], { env });
      expect(result.code).toBe(11);
      expect(result.stderr).toBe(
        'mqdyn: E_READ_ONLY: context prod is read-only, and this command writes. Nothing was changed.\n',
      );
    }
    expect((await runCommand(TablesApply, ['--dry-run', '-c', 'prod'], { env })).code).toBe(0);
    const rows = await runCommand(Scan, ['mqtt_sub', '--json', '-c', 'prod'], { env });
    expect(JSON.parse(rows.stdout)).toMatchObject({ items: [{ clientid: 'c1', topic: 'a/b' }], count: 1 });
  });

  it('can be asked for by a variable, too', async () => {
    const result = await runCommand(Subscribe, ['c1', 'a/c', ...target], { env: { MQDYN_READ_ONLY: '1' } });
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('this target is read-only (set by MQDYN_READ_ONLY)');
  });

  it('is kept by the client itself, whatever a command asks for', async () => {
    const [{ Dynamo }, { createTable }, { putItem }] = await Promise.all([
      import('../../src/dynamo/client.ts'),
      import('../../src/dynamo/tables.ts'),
      import('../../src/dynamo/documents.ts'),
    ]);
    const dynamo = new Dynamo({ region: 'x', label: 'x', attempts: 1, concurrency: 1, readOnly: 'the test is read-only' });
    for (const operation of [
      'BatchWriteItem',
      'UpdateItem',
      'CreateTable',
      'DeleteTable',
      'UpdateTable',
      'TagResource',
    ] as const) {
      await expect(dynamo.probe(operation, {})).rejects.toThrow('the test is read-only, and this command writes');
    }
    await expect(createTable(dynamo, {} as never)).rejects.toThrow('the test is read-only, and this command writes');
    const put = putItem(dynamo, 't', {}, new AbortController().signal);
    await expect(put).rejects.toThrow('the test is read-only, and this command writes');
    dynamo.close();
  });
});
