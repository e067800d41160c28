import type { Readable, Writable } from 'node:stream';

/** The world outside as a command sees it; tests put their own in. */
export type Io = {
  stdin: Readable & { isTTY?: boolean; setRawMode?: (on: boolean) => unknown };
  stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
  env: NodeJS.ProcessEnv;
  /** The clock, in Unix milliseconds. */
  now(): number;
  /** Calls back once for each signal that asks the program to stop; returns how to stop listening. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process by a signal, so that the shell sees how it ended. */
  raise(signal: StopSignal): void;
};

/** Columns of a terminal; undefined where a stream is none, or does not know. */
export function widthOf({ isTTY, columns }: Io['stderr']): number | undefined {
  return isTTY === true && columns ? columns : undefined;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export const processIo: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
  onSignal(listener) {
    for (const signal of STOP_SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of STOP_SIGNALS) process.off(signal, listener);
    };
  },
  raise(signal) {
    process.kill(process.pid, signal);
  },
};
