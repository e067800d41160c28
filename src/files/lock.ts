import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';
import { makeFolder } from './make-folder.ts';

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
  /** Takes over the lock of another machine, where something else keeps two machines apart. */
  otherHostsAreGone?: boolean;
  /** Takes the lock from a live holder too. */
  breakLock?: boolean;
  hint?: string;
  /** Told when the lock of a dead process is taken over. */
  notice?: (sentence: string) => void;
};

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
  const deadline = performance.now() + options.waitMs;
  try {
    await makeFolder(dirname(path));
    await writeFile(own, JSON.stringify(await self(options.command)), { mode: 0o600 });
    // linking makes the file appear with its content, or not at all
    while (!(await linked(own, path))) {
      const holder = await readHolder(path);
      if (holder === undefined) continue;
      const dead = (await isDead(holder)) || (options.otherHostsAreGone === true && holder.host !== hostname());
      if (dead || options.breakLock) {
        if (await takenAway(path, holder))
          options.notice?.(`taking over the lock of pid ${holder.pid}${dead ? ', which is gone' : ''}: ${options.what}`);
        continue;
      }
      if (performance.now() >= deadline) throw refused(options, holder);
      await delay(POLL_MS);
    }
  } catch (error) {
    throw writeFault('lock', path, error);
  } finally {
    // nothing to take away where nothing could be put
    await rm(own, { force: true }).catch(() => undefined);
  }
  // one that cannot be removed is taken over by the next run: its process is gone then
  return { release: () => rm(path, { force: true }).catch(() => undefined) };
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

/** Removes a dead lock. One process at a time may, and looks again first: another one may have taken it over meanwhile. */
async function takenAway(path: string, dead: Holder): Promise<boolean> {
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
    const now = await readHolder(path);
    const same = now?.pid === dead.pid && now.since === dead.since && now.host === dead.host;
    if (same) await rm(path, { force: true });
    return same;
  } finally {
    await rm(turn, { force: true });
  }
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
