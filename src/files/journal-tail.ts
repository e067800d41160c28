import { open, stat } from 'node:fs/promises';
import type { Change } from '../domain/changes/change.ts';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, readFault } from './errors.ts';
import { parseJournalLine } from './journal-line.ts';
import { linesOf } from './open-file.ts';

/** The changes of a journal behind a byte of it, first one first. Lines are read one by one. */
export async function* journalFrom(path: string, offset: number): AsyncGenerator<Change> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw readFault(path, error);
  });
  try {
    // not by Node's own readline: to that U+2028 in a payload is the end of a line
    for await (const line of linesOf(file, { start: offset })) {
      const read = line.length === 0 ? undefined : parseJournalLine(path, line.toString('utf8'));
      if (read !== undefined && 'change' in read) yield read.change;
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
