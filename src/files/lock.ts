import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';
import { holderInWords, holderText, isGone, parseHolder, thisProcess } from './lock-holder.ts';
import { makeFolder } from './make-folder.ts';

export type Lock = { release(): Promise<void> };

type LockOptions = {
  path: string;
  /** What is locked, for the message. */
  what: string;
  command: string;
  /** How long to wait for the holder, in milliseconds. */
  waitMs: number;
  /** Takes over the lock of another machine, where something else keeps two machines apart. */
  otherHostsAreGone?: boolean;
  /** Takes the lock from a live holder, and a damaged one, too. */
  breakLock?: boolean;
  hint?: string;
  /** Told when the lock of a dead process is taken over. */
  notice?: (sentence: string) => void;
};

/** The hint of a command that has the flag for it. */
export const BREAKABLE = 'Wait until it has finished, or take over with --break-lock.';

const POLL_MS = 50;
/** Taking a lock over is a matter of milliseconds; who needs longer was killed meanwhile. */
const TAKEOVER_MS = 10_000;

/**
 * Takes an exclusive lock in the form of a file that names its holder. A lock whose process is provably dead (same host,
 * pid gone or another boot) is taken over; a live one is waited for, then refused with its holder named (exit 11).
 */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  const { path } = options;
  const own = `${path}.${randomUUID()}`;
  const content = holderText(await thisProcess(options.command));
  const deadline = performance.now() + options.waitMs;
  try {
    await makeFolder(dirname(path));
    await writeFile(own, content, { mode: 0o600 });
    // linking makes the file appear with its content, or not at all
    while (!(await linked(own, path))) {
      const found = await textOf(path);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      const elsewhere = options.otherHostsAreGone === true && holder !== undefined && holder.host !== hostname();
      const dead = elsewhere || (holder !== undefined && (await isGone(holder)));
      if (dead || options.breakLock) {
        const whose = holder === undefined ? 'a damaged lock' : `the lock of pid ${holder.pid}${dead ? ', which is gone' : ''}`;
        if (await takenAway(path, found)) options.notice?.(`taking over ${whose}: ${options.what}`);
        continue;
      }
      if (holder === undefined || performance.now() >= deadline) throw refused(options, holder && holderInWords(holder));
      await delay(POLL_MS);
    }
  } catch (error) {
    throw writeFault('lock', path, error);
  } finally {
    // nothing to take away where nothing could be put
    await rm(own, { force: true }).catch(() => undefined);
  }
  return { release: () => released(path, content) };
}

/** Does something while it has a file or folder to itself, by a lock beside that; does not wait for another holder. */
export async function withLock<T>(
  file: string,
  options: Omit<LockOptions, 'path' | 'what' | 'waitMs'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock({ ...options, path: `${file}.lock`, what: file, waitMs: 0 });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Nobody can say that the holder of a damaged lock is dead. */
function refused({ what, path, hint }: LockOptions, who: string | undefined): MqdynError {
  if (who !== undefined) {
    return new MqdynError('E_LOCKED', `${what} is in use by ${who}: ${path}`, hint === undefined ? {} : { hint });
  }
  return new MqdynError('E_LOCKED', `the lock file ${path} is damaged`, { hint: 'Remove it when no other mqdyn is running.' });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when the lock was released meanwhile. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a dead lock. One process at a time may, and looks again first: another one may have taken it over meanwhile. */
async function takenAway(path: string, dead: string): Promise<boolean> {
  const turn = `${path}.takeover`;
  try {
    await writeFile(turn, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isErrno(error) || error.code !== 'EEXIST') throw error;
    const since = await stat(turn).then(({ mtimeMs }) => mtimeMs, Date.now);
    if (Date.now() - since > TAKEOVER_MS) await rm(turn, { force: true });
    await delay(POLL_MS);
    return false;
  }
  try {
    const same = (await textOf(path)) === dead;
    if (same) await rm(path, { force: true });
    return same;
  } finally {
    await rm(turn, { force: true });
  }
}

/** Leaves the lock of whoever broke this one. One that cannot be removed is taken over by the next run: its process is gone then. */
async function released(path: string, own: string): Promise<void> {
  if ((await textOf(path).catch(() => own)) === own) await rm(path, { force: true }).catch(() => undefined);
}
