import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { Config, Errors } from '@oclif/core';
import type { BaseCommand } from '../../src/cli/base-command.ts';
import type { Io, StopSignal } from '../../src/cli/io.ts';
import { ROOT } from './root.ts';

export { ROOT };

export type CommandClass = (new (argv: string[], config: Config) => BaseCommand) & { id?: string };

export type RunOptions = {
  /** Standard input as text or bytes. */
  stdin?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
  /** Replaces stdin, by a terminal for instance. */
  terminal?: Io['stdin'];
  /** Pretends that stdout is a terminal of so many columns. */
  columns?: number;
  /** Pretends that stderr is a terminal of so many columns. */
  stderrColumns?: number;
  /** Hands out the listener for stop signals. */
  onSignal?: Io['onSignal'];
  /** What the clock shows, in Unix milliseconds; the real time when left out. */
  now?: number;
  /** Replaces stdout, for instance with one that fails. */
  stdout?: Writable;
};

export type RunResult = { code: number; stdout: string; stderr: string; raised: StopSignal | undefined };

let config: Promise<Config> | undefined;

/** Runs a command class from source, in this process, with streams of its own. No network but what the command opens. */
export async function runCommand(command: CommandClass, argv: string[], options: RunOptions = {}): Promise<RunResult> {
  config ??= Config.load({ root: ROOT, userPlugins: false, devPlugins: false });
  const out = collector();
  const err = collector();
  let raised: StopSignal | undefined;
  const piped = options.stdin === undefined ? new PassThrough().end() : Readable.from([Buffer.from(options.stdin)]);
  const stdin = options.terminal ?? piped;
  const stdout = Object.assign(
    options.stdout ?? out.stream,
    options.columns === undefined ? {} : { isTTY: true, columns: options.columns },
  );
  const io: Io = {
    stdin,
    stdout,
    stderr: Object.assign(err.stream, options.stderrColumns === undefined ? {} : { isTTY: true, columns: options.stderrColumns }),
    env: {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      XDG_CONFIG_HOME: '/nonexistent',
      ...options.env,
    },
    now: () => options.now ?? Date.now(),
    onSignal: options.onSignal ?? (() => () => undefined),
    raise: (signal) => {
      raised = signal;
    },
  };
  const instance = new command(argv, await config);
  instance.io = io;
  let code = 0;
  try {
    await (instance as unknown as { _run(): Promise<void> })._run();
  } catch (error) {
    if (!(error instanceof Errors.ExitError)) throw error;
    code = error.oclif.exit ?? 1;
  }
  return { code, stdout: out.text(), stderr: err.text(), raised };
}

function collector() {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(parts).toString('utf8') };
}

/** A temporary folder; the test file removes it at its end. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mqdyn-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Flags for the embedded engine with its data in a folder. */
export function local(folder: string): string[] {
  return ['--endpoint-url', 'local', '--data-dir', folder];
}
