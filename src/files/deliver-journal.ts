import type { FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { readFault } from './errors.ts';
import { wholeLines } from './journal.ts';
import { linesOf } from './open-file.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';
import { PrivateLog } from './private-log.ts';

const KIND: PrivateKind = {
  what: 'journal',
  signature: '{"deliver":1',
  hint: 'Choose another file; a journal is writable by its owner alone (chmod 600).',
};

/** From where to where, and what: a run that goes on has the same. `at` is when it was begun. */
export type DeliverHead = { target: string; broker: string; options: Readonly<Record<string, unknown>>; at: string };

/** A message by its topic and id: one id may wait under several topics. */
export type MessageName = readonly [topic: string, msgid: string];

/**
 * What a line notes: that everything is done; messages that the broker has acknowledged, or answered otherwise; clients whose
 * sessions stand; how much of the journal of the tables is carried out, in bytes; and at last messages that are about to be sent.
 */
export type DeliverNote = {
  finished?: true;
  acked?: readonly MessageName[];
  answered?: readonly MessageName[];
  sessions?: readonly string[];
  emptied?: number;
  sent?: readonly MessageName[];
};

/**
 * The file that makes a delivery resumable: what is about to be sent is on the disk before it goes, what the broker acknowledged
 * soon after. A line that a killed run left unfinished is cut off.
 */
export class DeliverJournal {
  /** Whether a run before stands in it that is gone on with. */
  readonly resumed: boolean;
  private readonly log: PrivateLog;
  private readonly file: FileHandle;
  private readonly from: number;
  private readonly until: number;
  private head: DeliverHead | undefined;

  private constructor(log: PrivateLog, file: FileHandle, before: { at: number } | undefined, until: number, head: DeliverHead) {
    this.log = log;
    this.file = file;
    this.resumed = before !== undefined;
    this.from = before?.at ?? until;
    this.until = until;
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
      return new DeliverJournal(log, file, resume ? last : undefined, length, head);
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
  if (last === undefined && at > 0) throw damaged(path);
  return last;
}

function requireSame(path: string, text: string, head: DeliverHead): void {
  const before: Readonly<Record<string, unknown>> = JSON.parse(text);
  for (const name of ['target', 'broker', 'options'] as const) {
    const [was, is] = [before[name], head[name]].map((value) => JSON.stringify(value));
    if (was === is) continue;
    throw new MqdynError('E_MISMATCH', `the journal ${path} belongs to another delivery: ${name} was ${was}, now it is ${is}`, {
      hint: 'Use what the journal was made for, or name another file with --journal.',
    });
  }
}

function noteOf(path: string, line: Buffer): DeliverNote {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw readFault(path, error);
  }
}

function damaged(path: string): MqdynError {
  return new MqdynError('E_INPUT', `${path} is damaged: it does not begin with the head of a delivery`);
}
