import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';

/** Who holds a lock, as its file tells. */
type Holder = { pid: number; host: string; boot: string; since: string; command: string };

export type Lock = { release(): Promise<void> };

type LockOptions = {
  path: string;
  /** What is locked, for the message. */
  what: string;
  command: string;
  /** How long to wait for the holder, in milliseconds. */
  waitMs: number;
  /** Takes the lock from a live holder too. */
  breakLock?: boolean;
  hint?: string;
  /** Told when the lock of a dead process is taken over. */
  notice?: (sentence: string) => void;
};

const POLL_MS = 50;

/**
 * Takes an exclusive lock in the form of a file that names its holder. A lock whose process is provably dead (same host,
 * pid gone or another boot) is taken over; a live one is waited for, then refused with its holder named (exit 11).
 */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  const { path } = options;
  const own = `${path}.${process.pid}`;
  const deadline = Date.now() + options.waitMs;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(own, JSON.stringify(await self(options.command)), { mode: 0o600 });
    // linking makes the file appear with its content, or not at all
    while (!(await linked(own, path))) {
      const holder = await readHolder(path);
      if (holder === undefined) continue;
      const dead = await isDead(holder);
      if (dead || options.breakLock) {
        if (await takenAway(path, holder))
          options.notice?.(`taking over the lock of pid ${holder.pid}${dead ? ', which is gone' : ''}`);
        continue;
      }
      if (Date.now() >= deadline) throw refused(options, holder);
      await delay(POLL_MS);
    }
  } catch (error) {
    throw writeFault('lock', path, error);
  } finally {
    // nothing to take away where nothing could be put
    await rm(own, { force: true }).catch(() => undefined);
  }
  return { release: () => rm(path, { force: true }) };
}

function refused({ what, path, hint }: LockOptions, holder: Holder): MqdynError {
  const who = `pid ${holder.pid} on ${holder.host} since ${holder.since} (${holder.command})`;
  return new MqdynError('E_LOCKED', `${what} is in use by ${who}: ${path}`, hint === undefined ? {} : { hint });
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

/** The holder; undefined when the lock was released meanwhile. A file that names none is refused: nobody can say it is dead. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    if (Number.isSafeInteger(holder?.pid) && typeof holder?.host === 'string') return holder as Holder;
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new MqdynError('E_LOCKED', `the lock file ${path} is damaged`, { hint: 'Remove it when no other mqdyn is running.' });
}

/** Moves a dead lock aside. What was moved is compared, because another process may have taken it over first. */
async function takenAway(path: string, dead: Holder): Promise<boolean> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return false;
    throw error;
  }
  const moved = await readHolder(aside);
  const same = moved?.pid === dead.pid && moved.since === dead.since && moved.host === dead.host;
  if (!same) await linked(aside, path);
  await rm(aside, { force: true });
  return same;
}

async function self(command: string): Promise<Holder> {
  return { pid: process.pid, host: hostname(), boot: await bootId(), since: new Date().toISOString(), command };
}

async function isDead(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return false;
  if (holder.boot !== (await bootId())) return true;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return isErrno(error) && error.code === 'ESRCH';
  }
}

/** Tells one start of the machine from the next; empty where the system has no such id. */
async function bootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return '';
  }
}
