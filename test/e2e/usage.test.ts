import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

const user = makeUser();
afterAll(() => user.remove());

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const onTerminal = (env: NodeJS.ProcessEnv) =>
  runBin(user, `script -qec 'mqdyn tables list' /dev/null`, { env: { TERM: 'xterm-256color', ...env } });

describe('help and version', () => {
  it.each(['--version', '-v'])('%s names the version of package.json', async (flag) => {
    const { code, stdout, stderr } = await runBin(user, [flag]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^mqdyn/${version.replaceAll('.', '\\.')} \\S+ node-${process.version}\n$`));
  });

  it.each([['--help'], ['help'], []])('%s lists the commands', async (...args) => {
    const { code, stdout, stderr } = await runBin(user, args);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of ['tables', 'scan', 'query', 'subs', 'replay'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each([
    ['scan', '--help'],
    ['help', 'tables', 'create'],
  ])('%s %s shows flags and an example', async (...args) => {
    const { code, stdout } = await runBin(user, args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^USAGE\n {2}mqdyn /m);
    expect(stdout).toMatch(/^EXAMPLES\n {2}\$ mqdyn /m);
  });
});

describe('a page of help', () => {
  const onTerminalOf = (columns: number, env: NodeJS.ProcessEnv) =>
    runBin(user, `script -qec 'stty cols ${columns}; mqdyn help replay' /dev/null`, { env: { TERM: 'xterm-256color', ...env } });
  const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.trimEnd().length));

  it.each([['help', 'exit-codes'], ['help', 'targets'], ['help', 'output'], ['help', 'filters'], ['tables'], ['replay', '-h']])(
    '%s %s is plain text of 80 columns in a pipe',
    async (...args) => {
      const { code, stdout, stderr } = await runBin(user, args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toMatch(/\u001b| $/m);
      expect(widest(stdout)).toBeLessThanOrEqual(80);
      expect(stdout.split('\n').length).toBeGreaterThan(10);
    },
  );

  it('is as wide as the terminal, up to 120 columns', async () => {
    const plain = { NO_COLOR: '1' };
    const widths = [60, 100, 200].map(async (columns) => widest((await onTerminalOf(columns, plain)).stdout));
    const [narrow, wide, most] = (await Promise.all(widths)) as [number, number, number];
    expect([narrow <= 60, wide > 80 && wide <= 100, most > 100 && most <= 120]).toEqual([true, true, true]);
  });

  it('has bold headings on a terminal, and none with NO_COLOR', async () => {
    expect((await onTerminalOf(80, {})).stdout).toContain('\u001b[1mUSAGE\u001b[');
    expect((await onTerminalOf(80, { NO_COLOR: '1' })).stdout).not.toContain('\u001b');
  });

  it('that does not exist is a usage error', async () => {
    const { code, stdout, stderr } = await runBin(user, ['help', 'scna']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('mqdyn: E_USAGE: there is no help for scna. Did you mean scan? See mqdyn help.\n');
  });

  it('takes a reader that goes away', async () => {
    const { code, stderr } = await runBin(user, `set -o pipefail; mqdyn replay --help | head -1`);
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('an unknown command with --json', () => {
  it('is one object on stderr, as any other error', async () => {
    const { code, stdout, stderr } = await runBin(user, ['tables', 'lst', '--json']);
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'E_USAGE', hint: 'See: mqdyn help' } });
  });
});

describe('usage errors end with 2, one line and nothing on stdout', () => {
  it.each([
    [['subz'], 'subz is not a command. Did you mean subs?'],
    [['scna', 'mqtt_msg'], 'scna mqtt_msg is not a command. Did you mean scan?'],
    [['tables', 'lst'], 'Did you mean tables list?'],
    [['scan', 'mqtt_msg', '--limti', '3'], 'unknown flag --limti. Did you mean --limit? See mqdyn scan --help.'],
    [['scan'], 'missing argument TABLE. See mqdyn scan --help.'],
    [['scan', 'mqtt_msg', 'more'], 'unexpected argument more. See mqdyn scan --help.'],
    [['scan', 'mqtt_msg', '--limit', 'many'], 'many'],
    [['scan', 'mqtt_msg', '--limit', '0'], '0'],
    [['scan', 'mqtt_msg', '--format', 'xml'], 'xml'],
    [['tables', 'create', 'mqtt_mgs'], 'no schema file defines mqtt_mgs. Did you mean mqtt_msg?'],
    [['tables', 'drop'], 'name the tables to drop, or pass --all'],
    [['subscribe', 'c', 'a/#/b'], 'invalid topic filter'],
    [['msg', '--decode', 'nonsense'], 'nonsense'],
    [['scan', 'mqtt_msg', '--endpoint-url', '127.0.0.1:8000'], '--endpoint-url must be local or http(s)://host[:port]'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await runBin(user, args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^mqdyn: E_USAGE: |\nmqdyn: E_USAGE: /);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('puts a caret at the fault of a filter', async () => {
    const { code, stderr } = await runBin(user, ['scan', 'mqtt_msg', '--filter', 'qos > 0 and (topic ='], {});
    expect(code).toBe(2);
    const [line, caret] = stderr.trimEnd().split('\n').slice(-2);
    expect(line).toBe('  qos > 0 and (topic =');
    expect(caret).toBe(`${' '.repeat(line!.length)}^`);
  });

  it('tells a script in JSON', async () => {
    const { code, stderr } = await runBin(user, ['scan', 'mqtt_msg', '--limti', '3', '--json']);
    expect(code).toBe(2);
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string; hint: string } };
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining('--limit') as string });
  });
});

describe('what is not loaded', () => {
  it('writes only its own line to stderr, on any Node release', async () => {
    await runBin(user, ['tables', 'create']);
    const { code, stderr } = await runBin(user, ['tables', 'list']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `no target given: using the embedded engine in ${user.data} (choose one with --endpoint-url or AWS_REGION)\n`,
    );
  });

  it('stays silent about many calls in flight', async () => {
    const { stderr } = await runBin(user, ['tables', 'list', '--endpoint-url', 'http://127.0.0.1:9']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('never loads what stands in the data folder of the user as a plug-in', async () => {
    const marker = join(user.folder, 'plug-in-was-here');
    const plugin = join(user.data, 'node_modules/foreign');
    mkdirSync(plugin, { recursive: true });
    const listed = {
      oclif: { schema: 1, plugins: [{ type: 'user', name: 'foreign', tag: 'latest' }] },
      dependencies: { foreign: '1.0.0' },
    };
    writeFileSync(join(user.data, 'package.json'), JSON.stringify(listed));
    const own = { name: 'foreign', version: '1.0.0', main: './init.js', oclif: { hooks: { init: './init' } } };
    writeFileSync(join(plugin, 'package.json'), JSON.stringify(own));
    writeFileSync(
      join(plugin, 'init.js'),
      `module.exports = async () => require('fs').writeFileSync(${JSON.stringify(marker)}, '')`,
    );

    const { code } = await runBin(user, ['tables', 'list']);
    expect(code).toBe(0);
    expect(existsSync(marker)).toBe(false);

    // the plug-in is valid: with oclif's defaults it does run
    const defaults = `import('@oclif/core').then(({ run }) => run(['--version'], { root: ${JSON.stringify(ROOT)} }))`;
    spawnSync(process.execPath, ['-e', defaults], { cwd: ROOT, env: user.env });
    expect(existsSync(marker)).toBe(true);
  });
});

describe('colour', () => {
  it('is there on a terminal', async () => {
    expect((await onTerminal({})).stdout).toContain('\u001B[');
  });

  it('is never there with NO_COLOR', async () => {
    const { code, stdout } = await onTerminal({ NO_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('mqtt_msg');
    expect(stdout).not.toContain('\u001B');
  });

  it('is used in a pipe only when it is forced', async () => {
    const inPipe = async (env: NodeJS.ProcessEnv) => (await runBin(user, ['tables', 'list'], { env })).stdout;
    expect(await inPipe({})).not.toContain('\u001B');
    expect(await inPipe({ FORCE_COLOR: '1' })).toContain('\u001B');
    expect(await inPipe({ CLICOLOR_FORCE: '1' })).toContain('\u001B');
    expect(await inPipe({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\u001B');
  });
});

describe('small things', () => {
  it('ls is tables list', async () => {
    const [short, long] = await Promise.all(
      [['ls'], ['tables', 'list']].map((args) => runBin(user, [...args, '-q', '-o', 'csv'])),
    );
    expect([short!.code, short!.stdout, short!.stderr]).toEqual([0, long!.stdout, '']);
    expect(short!.stdout).toContain('mqtt_msg,');
  });

  it('-h is help everywhere', async () => {
    for (const args of [['-h'], ['scan', '-h'], ['tables', 'create', '-h']]) {
      const { code, stdout } = await runBin(user, args);
      expect([args, code, /USAGE/.test(stdout)]).toEqual([args, 0, true]);
    }
  });

  it('a mistyped topic gets its suggestion', async () => {
    const { code, stderr } = await runBin(user, ['tabels', 'create']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean tables create?') as string]);
  });
});
