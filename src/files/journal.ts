import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Change } from '../domain/changes/change.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import { journalLine, parseJournalLine } from './journal-line.ts';
import { writeAt } from './open-file.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';

const KIND: PrivateKind = { what: 'journal', signature: '{"journal":1', hint: 'Choose another with --journal.' };

/** Where and by which command changes are made. */
export type JournalHead = { command: string; target: string; at: string };

/**
 * A file of changes, one JSON line each, written before the change itself is made: what goes away is on the disk first. It is
 * readable by its owner alone. Runs that are begun anew write behind what is there; a line that a killed run left unfinished is
 * cut off, because its change was never made.
 */
export class Journal {
  private readonly file: FileHandle;
  readonly path: string;
  private length: number;
  private readonly head: JournalHead;
  private begun = false;

  private constructor(path: string, file: FileHandle, length: number, head: JournalHead) {
    this.path = path;
    this.file = file;
    this.length = length;
    this.head = head;
  }

  static async open(path: string, head: JournalHead): Promise<Journal> {
    const file = await openPrivate(path, KIND);
    try {
      return new Journal(path, file, await wholeLines(file), head);
    } catch (error) {
      await file.close();
      throw writeFault(KIND.what, path, error);
    }
  }

  /** Bytes that are on the disk. */
  get size(): number {
    return this.length;
  }

  /** Writes changes and waits until they are on the disk. */
  async append(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const head = this.begun ? '' : `${JSON.stringify({ journal: 1, ...this.head })}\n`;
    const text = Buffer.from(head + changes.map(journalLine).join(''));
    try {
      await writeAt(this.file, text, this.length);
      await this.file.sync();
      this.length += text.length;
      this.begun = true;
    } catch (error) {
      throw writeFault(KIND.what, this.path, error);
    }
  }

  /** Closes the file; one in which nothing was ever written is removed. */
  async close(): Promise<void> {
    try {
      await this.file.close();
      if (this.length === 0) await rm(this.path, { force: true });
    } catch (error) {
      throw writeFault(KIND.what, this.path, error);
    }
  }
}

/** The length of a file up to the end of its last whole line. */
async function wholeLines(file: FileHandle): Promise<number> {
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

/** The changes of a journal, the last one first: the order in which they are taken back. Blocks of the file are read one by one. */
export async function* journalBackwards(path: string, blockBytes = 1 << 20): AsyncGenerator<Change> {
  const file = await openJournal(path);
  try {
    const { size } = await file.stat();
    let rest: Buffer = Buffer.alloc(0);
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - blockBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      const text = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
      const first = start === 0 ? 0 : text.indexOf(0x0a) + 1;
      if (first === 0 && start > 0) {
        rest = text;
      } else {
        const lines = text.subarray(first).toString('utf8').split('\n');
        for (const line of lines.toReversed()) {
          const change = line === '' ? undefined : parseJournalLine(path, line);
          if (change !== undefined) yield change;
        }
        rest = text.subarray(0, first);
      }
      end = start;
    }
  } finally {
    await file.close();
  }
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
  throw new MqdynError('E_INPUT', `${path} is not a journal of purge or doctor --fix`);
}
