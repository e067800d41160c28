import { open, stat, type FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Change } from '../domain/changes/change.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import { headLine, journalLine, parseJournalLine, rewoundLine, type JournalHead } from './journal-line.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';
import { PrivateLog } from './private-log.ts';

export type { JournalHead } from './journal-line.ts';

const KIND: PrivateKind = {
  what: 'journal',
  signature: '{"journal":1',
  hint: 'Choose another file; a journal is writable by its owner alone (chmod 600).',
};

/**
 * A file of changes, one JSON line each, written before the change itself is made: what goes away is on the disk first. It is
 * readable by its owner alone. Runs that are begun anew write behind what is there; a line that a killed run left unfinished is
 * cut off, because its change was never made.
 */
export class Journal {
  private readonly log: PrivateLog;
  private readonly head: JournalHead;
  private begun = false;

  private constructor(log: PrivateLog, head: JournalHead) {
    this.log = log;
    this.head = head;
  }

  static async open(path: string, head: JournalHead): Promise<Journal> {
    const file = await openPrivate(path, KIND);
    try {
      return new Journal(new PrivateLog({ path, file, length: await wholeLines(file), what: KIND.what }), head);
    } catch (error) {
      await file.close();
      throw writeFault(KIND.what, path, error);
    }
  }

  get path(): string {
    return this.log.path;
  }

  /** Bytes that are on the disk. */
  get size(): number {
    return this.log.length;
  }

  /** Writes changes and waits until they are on the disk. */
  async append(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    await this.log.write((this.begun ? '' : headLine(this.head)) + changes.map(journalLine).join(''));
    this.begun = true;
  }

  /** Notes that everything from a place in the file on was taken back. */
  async markRewound(offset: number): Promise<void> {
    await this.log.write(rewoundLine(this.head, offset));
  }

  /** Closes the file; one in which nothing was ever written is removed. */
  close(): Promise<void> {
    return this.log.close();
  }
}

/** The length of a file up to the end of its last whole line. */
export async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.alloc(1 << 16);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const newline = block.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) {
      const whole = start + newline + 1;
      await file.truncate(whole);
      return whole;
    }
    end = start;
  }
  await file.truncate(0);
  return 0;
}

/** A change of a journal, and where its line begins in the file, in bytes. */
export type JournalEntry = { change: Change; at: number };

/** The same with the line itself, and how many lines stand behind it. */
export type JournalPlace = JournalEntry & { text: string; behind: number };

/** The changes of a journal that were not taken back yet, the last one first: the order in which they are taken back. */
export async function* journalBackwards(path: string, blockBytes?: number): AsyncGenerator<Change> {
  for await (const { change } of journalEntries(path, blockBytes)) yield change;
}

/** The same with their places. */
export async function* journalEntries(path: string, blockBytes = 1 << 20): AsyncGenerator<JournalEntry> {
  const file = await openJournal(path);
  try {
    yield* entriesIn(file, path, blockBytes);
  } finally {
    await file.close();
  }
}

/** The same of an open file, whose name is for messages. */
export async function* entriesIn(file: FileHandle, name: string, blockBytes = 1 << 20): AsyncGenerator<JournalPlace> {
  // so far everything behind it was taken back
  let rewound = Infinity;
  let behind = -1;
  for await (const { text, at } of linesBackwards(file, blockBytes)) {
    behind += 1;
    if (at >= rewound) continue;
    const line = parseJournalLine(name, text);
    if (line === undefined) continue;
    if ('rewound' in line) rewound = line.rewound;
    else yield { change: line.change, at, text, behind };
  }
}

/** How a journal begins. */
export const JOURNAL_BEGINNING = KIND.signature;

/** The whole lines of a file, the last one first, read block by block. What a killed run left behind the last line end is none. */
async function* linesBackwards(file: FileHandle, blockBytes: number): AsyncGenerator<{ text: string; at: number }> {
  const { size } = await file.stat();
  let rest: Buffer = Buffer.alloc(0);
  let isLast = true;
  for (let start = size; start > 0;) {
    const length = Math.min(blockBytes, start);
    start -= length;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    rest = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
    for (;;) {
      const newline = rest.lastIndexOf(0x0a, isLast ? undefined : -2);
      if (newline < 0) break;
      if (!isLast) yield { text: rest.toString('utf8', newline + 1, rest.length - 1), at: start + newline + 1 };
      rest = rest.subarray(0, newline + 1);
      isLast = false;
    }
  }
  if (!isLast && rest.length > 0) yield { text: rest.toString('utf8', 0, rest.length - 1), at: 0 };
}

async function openJournal(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    if (!(await stat(path)).isFile()) throw new MqdynError('E_INPUT', `${path} is not a plain file`);
    file = await open(path, 'r');
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') throw new MqdynError('E_INPUT', `${path} does not exist`);
    throw error instanceof MqdynError ? error : readFault(path, error);
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(KIND.signature.length), 0, KIND.signature.length, 0);
  if (buffer.toString('utf8', 0, bytesRead) === KIND.signature) return file;
  await file.close();
  throw new MqdynError('E_INPUT', `${path} is not a journal`);
}
