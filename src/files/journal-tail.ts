import { open, stat } from 'node:fs/promises';
import type { Change } from '../domain/changes/change.ts';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, readFault } from './errors.ts';
import { parseJournalLine } from './journal-line.ts';

/** The changes of a journal behind a byte of it, first one first. Lines are read one by one. */
export async function* journalFrom(path: string, offset: number): AsyncGenerator<Change> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw readFault(path, error);
  });
  try {
    for await (const line of file.readLines({ start: offset, autoClose: false })) {
      const change = line === '' ? undefined : parseJournalLine(path, line);
      if (change !== undefined) yield change;
    }
  } finally {
    await file.close();
  }
}

/** Refuses to go on without the journal of the run before, or with one that lost something. */
export async function requireJournal(path: string, size: number): Promise<void> {
  if (size === 0) return;
  const found = await stat(path).catch((error: unknown) => {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw readFault(path, error);
  });
  if (found !== undefined && found.size >= size) return;
  const what = found === undefined ? 'is not there' : 'is shorter than the checkpoint says';
  throw new MqdynError('E_MISMATCH', `the journal ${path} ${what}`, {
    hint: 'It holds what the purge took away: put it back, or start over with --restart.',
  });
}
