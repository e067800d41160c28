import { open, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { MqdynError } from '../domain/errors.ts';
import { readFault, writeFault } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { scanFrames } from './spool-frame.ts';

/** A file of the spool: its number, and how much of it is whole frames. */
export type Segment = { number: number; length: number };

/** A place between two frames. */
export type SpoolPosition = { segment: number; offset: number };

const NAME = /^(\d{8})\.spool$/;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.spool`);
}

/** Makes the folder of a spool, for its owner alone, or makes sure that nobody else writes to the one that is there. */
export async function claimFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    const { uid, mode } = await stat(folder);
    // Windows has access lists instead of modes
    if (process.geteuid === undefined) return;
    if (uid !== process.geteuid()) throw unsafe(folder, 'belongs to another user');
    if ((mode & 0o022) !== 0) throw unsafe(folder, `is writable by others (mode ${(mode & 0o777).toString(8)})`);
  } catch (error) {
    throw writeFault('spool', folder, error);
  }
}

/** What an earlier run left, oldest first. What a crash cut off at the very end was promised to nobody and goes. */
export async function findSegments(folder: string): Promise<Segment[]> {
  try {
    const numbers = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    numbers.sort((a, b) => a - b);
    const segments: Segment[] = [];
    for (const number of numbers) {
      const path = segmentPath(folder, number);
      const { size } = await stat(path);
      const length = number === numbers.at(-1) ? await withoutTail(path, size) : size;
      segments.push({ number, length });
    }
    return segments;
  } catch (error) {
    throw readFault(folder, error);
  }
}

async function withoutTail(path: string, size: number): Promise<number> {
  const { end, damaged } = scanFrames(await readFile(path));
  if (damaged) throw damagedSpool(path, end);
  if (end < size) {
    await truncate(path, end);
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  return end;
}

export function damagedSpool(path: string, offset: number): MqdynError {
  return new MqdynError('E_SPOOL', `spool file ${path} is damaged at byte ${offset}`);
}

function unsafe(folder: string, why: string): MqdynError {
  return new MqdynError('E_LOCKED', `spool ${folder} ${why}`, { hint: 'Choose another with --spool.' });
}

/** What was saved of how far a spool is applied; undefined where it cannot be told. */
export async function savedPosition(path: string): Promise<SpoolPosition | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, segment, offset] = /^\{"segment":(\d+),"offset":(\d+)\}\n$/.exec(text) ?? [];
  return segment === undefined ? undefined : { segment: Number(segment), offset: Number(offset) };
}
