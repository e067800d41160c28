import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, { hidden?: boolean; flags: Record<string, unknown> }>;
};
const COMMANDS = Object.keys(MANIFEST.commands).map((id) => id.replaceAll(':', ' '));

type Result = { code: number | null; stdout: string; stderr: string };

/** The built program; `stdin` is written to a pipe that stays as it is, undefined closes it. */
function run(args: readonly string[], stdin: string | undefined, dataDir: string): Promise<Result> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...args], {
    cwd: folder.path,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder.path,
      SHELL: '/bin/bash',
      AWS_EC2_METADATA_DISABLED: 'true',
      MQDYN_ENDPOINT_URL: 'local',
      MQDYN_DATA_DIR: dataDir,
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr!.on('data', (part: Buffer) => (stderr += part.toString()));
  if (stdin !== undefined) child.stdin!.on('error', () => undefined).end(stdin);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** Removes what differs between runs. */
const comparable = ({ code, stdout, stderr }: Result, dataDir: string) => [
  code,
  `${stdout}\n${stderr}`
    .replaceAll(dataDir, 'DATA')
    .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+Z?|"createdAt":\d+|"tableId":"[^"]*"/g, 'TIME'),
];

describe('every command with a full stdin that it was not asked to read', () => {
  const [quiet, full] = [join(folder.path, 'data1'), join(folder.path, 'data2')];
  beforeAll(async () => {
    for (const data of [quiet, full]) expect((await run(['tables', 'create'], undefined, data)).code).toBe(0);
  });

  it.each(COMMANDS.map((command) => [command]))('%s: ends as without it (fault 21)', async (command) => {
    const flags = Object.keys(MANIFEST.commands[command.replaceAll(' ', ':')]!.flags);
    const args = [...command.split(' '), ...(flags.includes('yes') ? ['--yes'] : [])];
    const [without, withStdin] = await Promise.all([run(args, undefined, quiet), run(args, 'mqtt_acked\nplant/#\n', full)]);
    expect(comparable(withStdin, full)).toEqual(comparable(without, quiet));
  });

  it('tables drop takes no name from it (fault 21)', async () => {
    const { code } = await run(['tables', 'drop', '--yes'], 'mqtt_acked\n', full);
    expect(code).toBe(2);
    const { stdout } = await run(['tables', 'list', '--json'], undefined, full);
    expect(stdout).not.toContain('MISSING');
  });
});

describe('a command that is asked to read stdin', () => {
  it('subscribe X --from-file - takes one filter a line from it (fault 21)', async () => {
    const data = join(folder.path, 'data2');
    const { code } = await run(['subscribe', 'panel-9', '--from-file', '-'], 'plant/a\nplant/b\n', data);
    expect(code).toBe(0);
    const { stdout } = await run(['subs', 'panel-9', '--format', 'csv'], undefined, data);
    expect(stdout).toBe('clientid,topic,qos\r\npanel-9,plant/a,0\r\npanel-9,plant/b,0\r\n');
  });

  it('an empty one is an error, and nothing is written (fault 21)', async () => {
    const { code, stderr } = await run(['subscribe', 'panel-9', '--from-file', '-'], '', join(folder.path, 'data2'));
    expect([code, stderr]).toEqual([4, expect.stringContaining('stdin holds no subscriptions') as string]);
  });
});
