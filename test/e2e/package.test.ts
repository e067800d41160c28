import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';
import { makeUser } from '../harness/run-bin.ts';

const run = promisify(execFile);
const user = makeUser();
const folder = join(user.folder, 'installed');
const bin = join(folder, 'node_modules/.bin/mqdyn');
// npm keeps its own cache and configuration; the program that it installs runs as the user
const npm = (args: string[], cwd: string) => run('npm', args, { cwd });

beforeAll(async () => {
  mkdirSync(folder);
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', user.folder], ROOT);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  writeFileSync(join(folder, 'package.json'), '{}');
  const options = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await npm(['install', ...options, join(user.folder, filename)], folder);
}, 120_000);
afterAll(() => user.remove());

describe('the packed program, installed without its sources and without running install scripts', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await run(bin, ['--version'], { env: user.env });
    expect(stdout).toContain(`mqdyn/${version} `);
  });

  it('knows every command', async () => {
    const { stdout } = await run(bin, ['help'], { env: user.env });
    for (const command of ['scan', 'query', 'subs', 'replay', 'tables']) expect(stdout).toContain(`\n  ${command} `);
  });

  it('brings the schemas of what --json prints', () => {
    expect(existsSync(join(folder, 'node_modules/mqdyn/schemas/output/tables-list.json'))).toBe(true);
  });

  it('works on the embedded engine', async () => {
    const created = await run(bin, ['tables', 'create', '--json'], { env: user.env, cwd: user.folder });
    expect((JSON.parse(created.stdout) as { count: number }).count).toBe(6);
    const { stdout } = await run(bin, ['tables', 'list', '--json'], { env: user.env, cwd: user.folder });
    const { items } = JSON.parse(stdout) as { items: { table: string; status: string }[] };
    expect(items.map(({ table, status }) => `${table} ${status}`)).toContain('mqtt_msg ACTIVE');
  });

  it('shows places of the source in the stack of a fault', async () => {
    const failed = run(bin, ['scan', 'mqtt_nothing'], { env: { ...user.env, MQDYN_DEBUG: '1' }, cwd: user.folder });
    await expect(failed).rejects.toMatchObject({ code: 4, stderr: expect.stringMatching(/\/src\/dynamo\/[\w-]+\.ts:\d+:\d+/) });
  });

  it('brings few packages and the licences of what it contains', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(lock.packages).length).toBeLessThan(40);
    const notices = readFileSync(join(folder, 'node_modules/mqdyn/dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['@oclif/core', '@aws-sdk/client-dynamodb', 'chalk']) expect(notices).toContain(`${name} `);
  });
});
