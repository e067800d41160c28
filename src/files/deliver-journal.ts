import type { FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { wholeLines } from './journal.ts';
import { linesOf } from './open-file.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';
import { PrivateLog } from './private-log.ts';

const KIND: PrivateKind = {
  what: 'journal',
  signature: '{"deliver":1',
  hint: 'Choose another file; a journal is writable by its owner alone (chmod 600).',
};

/**
 * From where to where, and what: a run that goes on has the same. `flags` are what makes a delivery another one, each as text under
 * the name of its flag and undefined where it was not given; `at` is when it was begun.
 */
export type DeliverHead = { target: string; flags: Readonly<Record<string, string | undefined>>; at: string };

/** A message by its topic and id: one id may wait under several topics. */
export type MessageName = readonly [topic: string, msgid: string];

/**
 * What a line notes: that everything is done; messages that the broker has acknowledged, those among them that nobody was there
 * to get, or answered otherwise; clients whose sessions stand; how much of the journal of the tables is carried out, in bytes; and
 * messages that are about to be sent.
 */
export type DeliverNote = {
  finished?: true;
  acked?: readonly MessageName[];
  nobody?: readonly MessageName[];
  answered?: readonly MessageName[];
  sessions?: readonly string[];
  emptied?: number;
  sent?: readonly MessageName[];
};

/**
 * The file that makes a delivery resumable: what is about to be sent is on the disk before it goes, what the broker acknowledged
 * before anything else is done. A line that a killed run left unfinished is cut off.
 */
export class DeliverJournal {
  /** Whether a run before stands in it that is gone on with. */
  readonly resumed: boolean;
  /** Messages that a finished run of the same delivery has as acknowledged, and that are begun anew. */
  readonly repeated: number;
  private readonly log: PrivateLog;
  private readonly file: FileHandle;
  private readonly from: number;
  private readonly until: number;
  private head: DeliverHead | undefined;

  private constructor(
    log: PrivateLog,
    file: FileHandle,
    before: { at: number } | undefined,
    until: number,
    head: DeliverHead,
    repeated: number,
  ) {
    this.log = log;
    this.file = file;
    this.resumed = before !== undefined;
    this.from = before?.at ?? until;
    this.until = until;
    this.repeated = repeated;
    this.head = before === undefined ? head : undefined;
  }

  /** Refuses an unfinished journal unless it is gone on with, and one of another delivery in any case. */
  static async open(path: string, head: DeliverHead, resume: boolean): Promise<DeliverJournal> {
    const file = await openPrivate(path, KIND);
    try {
      const length = await wholeLines(file);
      const last = await lastRun(path, file);
      if (last !== undefined && resume) requireSame(path, last.head, head);
      else if (last !== undefined && !last.finished) {
        throw new MqdynError('E_UNFINISHED', `${path} belongs to a delivery that is not finished`, {
          hint: 'Continue with --resume, or name another file with --journal.',
        });
      }
      const log = new PrivateLog({ path, file, length, what: KIND.what });
      const isRepeated = last !== undefined && !resume && differenceOf(path, last.head, head) === undefined;
      const repeated = isRepeated ? await acknowledgedIn(path, file, last.at) : 0;
      return new DeliverJournal(log, file, resume ? last : undefined, length, head, repeated);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return this.log.path;
  }

  /** Whether anything stands in it that a run can go on with. */
  get hasNotes(): boolean {
    return this.resumed || this.head === undefined;
  }

  /** What the runs before noted, first one first. */
  async *before(): AsyncGenerator<DeliverNote> {
    let at = this.from;
    for await (const line of linesOf(this.file, { start: this.from })) {
      at += line.length + 1;
      if (at > this.until) return;
      yield noteOf(this.path, line);
    }
  }

  /** Writes a note and waits until it is on the disk. */
  async note(note: DeliverNote): Promise<void> {
    const head = this.head === undefined ? '' : `${JSON.stringify({ deliver: 1, ...this.head })}\n`;
    await this.log.write(`${head}${JSON.stringify(note)}\n`);
    this.head = undefined;
  }

  /** Closes the file; one in which nothing was ever noted is removed. */
  close(): Promise<void> {
    return this.log.close();
  }
}

/** The run that a journal ends with: where it begins, its head, and whether it is finished. */
async function lastRun(path: string, file: FileHandle): Promise<{ at: number; head: string; finished: boolean } | undefined> {
  let last: { at: number; head: string; finished: boolean } | undefined;
  let at = 0;
  for await (const line of linesOf(file)) {
    const text = line.toString('latin1', 0, KIND.signature.length);
    if (text === KIND.signature) last = { at, head: line.toString('utf8'), finished: false };
    else if (last !== undefined) last.finished = text.startsWith('{"finished"');
    at += line.length + 1;
  }
  if (last === undefined && at > 0) throw damaged(path, 'it does not begin with the head of a delivery');
  return last;
}

function requireSame(path: string, text: string, head: DeliverHead): void {
  const difference = differenceOf(path, text, head);
  if (difference === undefined) return;
  throw new MqdynError('E_MISMATCH', `the journal ${path} belongs to another delivery: ${difference}`, {
    hint: 'Use what the journal was made for, or name another file with --journal.',
  });
}

/** The first thing in which the delivery of a head is another one. */
function differenceOf(path: string, text: string, head: DeliverHead): string | undefined {
  const { target, flags } = headOf(path, text);
  if (target !== head.target) return `the target was ${target}, now it is ${head.target}`;
  const differs = (name: string) => flags[name] !== head.flags[name];
  const name = [...new Set([...Object.keys(head.flags), ...Object.keys(flags)])].find(differs);
  if (name === undefined) return undefined;
  const [was, is] = [flags, head.flags].map((some) => some[name] ?? 'not given');
  return `${name} was ${was}, now it is ${is}`;
}

function headOf(path: string, text: string): Omit<DeliverHead, 'at'> {
  const { target, flags }: Partial<DeliverHead> = objectOf(path, text);
  const isWhole = isText(target) && typeof flags === 'object' && Object.values(flags ?? { none: 0 }).every(isText);
  if (target === undefined || flags === undefined || !isWhole) throw damaged(path, 'its head is not whole');
  return { target, flags };
}

/** Messages that a run has as acknowledged. */
async function acknowledgedIn(path: string, file: FileHandle, start: number): Promise<number> {
  let count = 0;
  for await (const line of linesOf(file, { start })) count += noteOf(path, line).acked?.length ?? 0;
  return count;
}

function noteOf(path: string, line: Buffer): DeliverNote {
  const note: DeliverNote = objectOf(path, line.toString('utf8'));
  const names = [note.acked, note.nobody, note.answered, note.sent].every((some) => isList(some, isName));
  if (names && isList(note.sessions, isText) && ['number', 'undefined'].includes(typeof note.emptied)) return note;
  throw damaged(path, 'a line is no note');
}

function isList(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isOne));
}

function isName(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function objectOf(path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw damaged(path, 'a line is not JSON', error);
  }
  throw damaged(path, 'a line is no object');
}

function damaged(path: string, why: string, cause?: unknown): MqdynError {
  const hint = 'Name another file with --journal to start over: what was acknowledged goes again.';
  return new MqdynError('E_CHECKPOINT', `${path} is damaged (${why})`, { hint, cause });
}
