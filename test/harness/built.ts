import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './run-command.ts';

export type Exited = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

export type Spawned = { child: ChildProcess; ended: Promise<Exited>; stderr: () => string };

type SpawnOptions = { node?: string[]; env?: NodeJS.ProcessEnv; cwd?: string; shell?: string };

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
