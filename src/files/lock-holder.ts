import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isErrno } from './errors.ts';
import { verified, withChecksum } from './checksum.ts';

/** Which process has something to itself, as a file beside it tells. */
export type Holder = { id: string; pid: number; host: string; boot: string; since: string; command: string };

export async function thisProcess(command: string): Promise<Holder> {
  const since = new Date().toISOString();
  return { id: randomUUID(), pid: process.pid, host: hostname(), boot: await bootId(), since, command };
}

/** The content of such a file, with a checksum: one that was altered must not pass a living process off as a dead one. */
export function holderText(holder: Holder): string {
  return JSON.stringify(withChecksum(holder));
}

/** The holder that a file names; undefined for anything that `holderText` did not write. */
export function parseHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const holder = verified(value);
  return holder !== undefined && isHolder(holder) ? holder : undefined;
}

function isHolder(value: object): value is Holder {
  const { id, pid, host, boot, since, command }: { [member in keyof Holder]?: unknown } = value;
  return Number.isSafeInteger(pid) && [id, host, boot, since, command].every((part) => typeof part === 'string');
}

/** `pid 7 on host7 since 2026-01-01T00:00:00.000Z (replay)` */
export function holderInWords({ pid, host, since, command }: Holder): string {
  return `pid ${pid} on ${host} since ${since} (${command})`;
}

/** True where it can be proved: the same machine, and no such process or another start of it. */
export async function isGone(holder: Holder): Promise<boolean> {
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
