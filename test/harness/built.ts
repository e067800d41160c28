import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from './run-command.ts';

export type Exited = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

export type Spawned = { child: ChildProcess; ended: Promise<Exited>; stderr: () => string };

export type SpawnOptions = { node?: string[]; env?: NodeJS.ProcessEnv; cwd?: string; shell?: string };

/** Starts the built program. `shell`: a command line that runs before it, `exec "$@"` comes after. */
export function start(args: readonly string[], { node = [], env = {}, cwd, shell }: SpawnOptions = {}): Spawned {
  const command = [process.execPath, ...node, join(ROOT, 'bin/run.js'), ...args];
  const [file, ...rest] = shell === undefined ? command : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...command];
  const child = spawn(file!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  const ended = new Promise<Exited>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended, stderr: () => stderr };
}

/** The program ends with this exit code, and not by a signal. */
export async function expectEnd(ended: Promise<Exited>, code: number): Promise<Exited> {
  const exited = await ended;
  expect([exited.code, exited.signal, exited.stderr]).toEqual([code, null, exited.stderr]);
  return exited;
}

/** Writes the peak memory (RSS, in KiB) of the program alone; resourceUsage would include that of its parent. */
const REPORT_PEAK = `import fs from 'node:fs';
process.on('exit', () => {
  const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
  fs.writeFileSync(process.env.MQDYN_TEST_PEAK, /VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? String(process.resourceUsage().maxRSS));
});`;

/** Runs the built program to its end; `peak` is the most memory that it held (RSS), in MB. `report` is a file for it. */
export async function measured(
  args: readonly string[],
  report: string,
  { node = [], env = {}, ...options }: SpawnOptions = {},
): Promise<Exited & { peak: number }> {
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(REPORT_PEAK)}`];
  const exited = await start(args, { ...options, node: [...node, ...preload], env: { ...env, MQDYN_TEST_PEAK: report } }).ended;
  return { ...exited, peak: Number(readFileSync(report, 'utf8')) / 1024 };
}
