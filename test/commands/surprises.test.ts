import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import Config from '../../src/commands/config.ts';
import Explain from '../../src/commands/explain.ts';
import Scan from '../../src/commands/scan.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesList from '../../src/commands/tables/list.ts';
import { writeAtomically } from '../../src/files/atomic-write.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const target = local(join(folder.path, 'data'));
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  expect((await runCommand(TablesCreate, target)).code).toBe(0);
});

describe('subscribe --from-file', () => {
  const stored = async (content: string | Buffer, args: string[] = []) => {
    writeFileSync(at('subs'), content);
    return runCommand(Subscribe, [...args, '--from-file', at('subs'), ...target]);
  };

  it.each<[string, string | Buffer, string]>([
    ['a QoS that is none', '{"clientid":"c","topic":"t","qos":"two"}\n', ':1: not a subscription (qos must be 0, 1 or 2)'],
    ['a QoS of another type', '{"clientid":"c","topic":"t","qos":{}}\n', ':1: not a subscription (qos must be 0, 1 or 2)'],
    ['Latin-1 bytes', Buffer.from('c,caf\xe9\n', 'latin1'), ':1: not a subscription (the line is not UTF-8)'],
    ['no row at all', '\n', ' holds no subscriptions'],
  ])('refuses %s by its line (fault 9)', async (_, content, message) => {
    const { code, stderr } = await stored(content);
    expect([code, stderr]).toEqual([4, expect.stringContaining(message) as string]);
  });

  it('accepts a QoS as text (fault 9)', async () => {
    expect((await stored('{"clientid":"nine","topic":"t","qos":"2"}\n')).code).toBe(0);
    const { stdout } = await runCommand(Subs, ['nine', '--format', 'jsonl', ...target]);
    expect(JSON.parse(stdout)).toEqual({ clientid: 'nine', topic: 't', qos: 2 });
  });

  it('reads what subs --format csv writes, apostrophes and formulas too (fault 9)', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("'", '=', '+', '-', '@', 'a'), { minLength: 1, maxLength: 4 }), async (parts) => {
        const topic = parts.join('').replaceAll('+', '=');
        expect((await stored(JSON.stringify({ clientid: 'csv', topic }))).code).toBe(0);
        const { stdout } = await runCommand(Subs, ['csv', '--format', 'csv', ...target]);
        expect((await stored(stdout)).code).toBe(0);
        const again = await runCommand(Subs, ['csv', '--format', 'csv', ...target]);
        expect(again.stdout).toBe(stdout);
      }),
      { numRuns: 15 },
    ));
});

describe('tables apply --plan', () => {
  it.each([[['mqtt_msg']], [['--ignore', 'Tags']]])('refuses %j beside it, which it could not heed (fault 2)', async (more) => {
    const { code, stderr } = await runCommand(TablesApply, [...more, '--plan', at('plan.json'), '--yes', ...target]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--plan') as string]);
  });
});

describe('csv of a table without known columns', () => {
  it('takes its columns from the first item, however many empty pages come first (fault 3)', async () => {
    const { csv } = await import('../../src/output/formats/csv.ts');
    const { Sink } = await import('../../src/output/sink.ts');
    const { PassThrough } = await import('node:stream');
    const stream = new PassThrough();
    const rows = (async function* () {
      yield [];
      yield [];
      yield [{ a: { S: '1' } }];
    })();
    const options = { sink: new Sink(stream), terminal: false, header: true, csvRaw: false, note: () => undefined };
    await csv.list({ columns: [], items: rows, open: true }, options as never);
    await options.sink.flush();
    expect(String(stream.read())).toBe('a\r\n1\r\n');
  });
});

describe('the configuration', () => {
  it('in a folder that cannot be made is exit 8 with the reason (fault 4)', async () => {
    const env = { MQDYN_CONFIG_DIR: '/proc/self/x/y' };
    const { code, stderr } = await runCommand(Config, ['region', 'r'], { env });
    expect([code, stderr]).toEqual([8, expect.stringMatching(/cannot write the folder .*ENOENT/) as string]);
  });

  it('behind a link is replaced at its target, and no other file is touched (fault 10)', async () => {
    mkdirSync(at('real'));
    mkdirSync(at('linked'));
    writeFileSync(at('real/config.json'), '{}\n');
    writeFileSync(at('linked/config.json.tmp'), 'mine');
    symlinkSync(at('real/config.json'), at('linked/config.json'));
    expect((await runCommand(Config, ['region', 'r'], { env: { MQDYN_CONFIG_DIR: at('linked') } })).code).toBe(0);
    expect(lstatSync(at('linked/config.json')).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(at('real/config.json'), 'utf8'))).toEqual({ region: 'r' });
    expect(readFileSync(at('linked/config.json.tmp'), 'utf8')).toBe('mine');
    expect(readdirSync(at('real'))).toEqual(['config.json']);
  });

  it('is written where no folder can be flushed, as on Windows (fault 17)', async () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
    await writeAtomically(at('windows.json'), 'the file', '{}');
    vi.restoreAllMocks();
    expect(readFileSync(at('windows.json'), 'utf8')).toBe('{}');
  });

  it('of a context named by -c is the whole target, and what it ignores is reported (fault 30)', async () => {
    const env = { MQDYN_CONFIG_DIR: at('contexts'), MQDYN_ENDPOINT_URL: 'http://127.0.0.1:1', MQDYN_TABLE_PREFIX: 'env-' };
    mkdirSync(at('contexts'));
    const here = { 'endpoint-url': 'local', 'data-dir': at('data') };
    writeFileSync(at('contexts/config.json'), JSON.stringify({ region: 'top', contexts: { here } }));
    const { code, stdout, stderr } = await runCommand(TablesList, ['-c', 'here', '--json'], { env });
    expect([code, stdout.includes('MISSING'), stdout.includes('env-')]).toEqual([0, false, false]);
    expect(stderr).toContain('context here is the whole target; ignored: MQDYN_ENDPOINT_URL, MQDYN_TABLE_PREFIX');
  });
});

describe('a flag that would be ignored', () => {
  it('explain --qos without --subscribed is exit 2 (fault 11)', async () => {
    const { code, stderr } = await runCommand(Explain, ['c', 't', '--qos', '1', ...target]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--subscribed') as string]);
  });

  it('--json with another --format is exit 2', async () => {
    const { code } = await runCommand(Scan, ['mqtt_msg', '--json', '--format', 'csv', ...target]);
    expect(code).toBe(2);
    expect((await runCommand(Scan, ['mqtt_msg', '--json', '--format', 'json', ...target])).code).toBe(0);
  });
});

describe('tables of the embedded engine', () => {
  it('are shown with the items that they hold (fault 31)', async () => {
    await runCommand(Subscribe, ['count', 'a', 'b', ...target]);
    const rows = (await runCommand(Scan, ['mqtt_sub', '--count', '--json', ...target])).stdout;
    const { count } = JSON.parse(rows) as { count: number };
    const { items } = JSON.parse((await runCommand(TablesList, ['--json', ...target])).stdout) as {
      items: { table: string; itemCount: number }[];
    };
    expect(items.find(({ table }) => table === 'mqtt_sub')?.itemCount).toBe(count);
    const described = await runCommand(TablesDescribe, ['mqtt_sub', '--json', ...target]);
    expect((JSON.parse(described.stdout) as { itemCount: number }).itemCount).toBe(count);
  });
});

describe('tables describe --schema of a table with hostile tags', () => {
  it('is escaped on a terminal, and whole in a pipe (fault 13)', async () => {
    const value = 'a\u007f\u009b31m\u202eb';
    mkdirSync(at('schemas'));
    const schema = {
      TableName: 'hostile',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      Tags: [{ Key: 'team', Value: value }],
    };
    writeFileSync(at('schemas/hostile.json'), JSON.stringify(schema));
    const flags = ['--schema-dir', at('schemas'), ...target];
    expect((await runCommand(TablesCreate, flags)).stderr).not.toContain('E_');
    const described = await runCommand(TablesDescribe, ['hostile', '--schema', ...flags]);
    expect(JSON.parse(described.stdout)).toMatchObject({ Tags: [{ Key: 'team', Value: value }] });
    const { stdout } = await runCommand(TablesDescribe, ['hostile', '--schema', ...flags], { columns: 80 });
    expect(stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(described.stdout));
  });
});
