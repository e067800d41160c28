import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.ts';

export const BIN = join(ROOT, 'bin/run.js');

/** A user of the program with folders of their own and no AWS configuration. */
export type User = {
  /** Where commands run. */
  folder: string;
  /** Data folder of the embedded engine. */
  data: string;
  /** Configuration file of the program. */
  config: string;
  env: NodeJS.ProcessEnv;
  remove(): void;
};

export type BinResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string; ms: number };

export type BinOptions = { env?: NodeJS.ProcessEnv; stdin?: string | Uint8Array; keepStdin?: boolean; shell?: boolean };

/** Makes a user whose home is a temporary folder. */
export function makeUser(): User {
  const home = mkdtempSync(join(tmpdir(), 'mqdyn-e2e-'));
  const folder = join(home, 'work');
  const shims = join(home, 'bin');
  for (const path of [folder, shims, join(home, 'config/mqdyn')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(shims, 'mqdyn'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
  return {
    folder,
    data: join(home, 'data/mqdyn'),
    config: join(home, 'config/mqdyn/config.json'),
    env: {
      PATH: `${shims}:${process.env['PATH']}`,
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Starts the built program. */
export function startBin(user: User, args: string[] | string, options: BinOptions = {}): ChildProcessWithoutNullStreams {
  const [file, argv] = typeof args === 'string' ? ['bash', ['-c', args]] : [process.execPath, [BIN, ...args]];
  const child = spawn(file, argv, { cwd: user.folder, env: { ...user.env, ...options.env } });
  child.stdin.on('error', () => undefined);
  if (!options.keepStdin) child.stdin.end(options.stdin ?? '');
  return child;
}

/** Runs the built program, or a shell line that calls `mqdyn`, to its end. */
export async function runBin(user: User, args: string[] | string, options: BinOptions = {}): Promise<BinResult> {
  const started = performance.now();
  const child = startBin(user, args, options);
  return { ...(await ended(child)), ms: performance.now() - started };
}

/** The output of a process once it has ended. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Omit<BinResult, 'ms'>> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject).on('close', (...end) => resolve(end));
  });
  return { code, signal, stdout, stderr };
}
