import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { writeAtomically } from './atomic-write.ts';
import type { Framing } from './documents.ts';
import type { FileIdentity } from './input.ts';
import { claimPrivate, type PrivateKind } from './private-file.ts';
import { readTextFile } from './text.ts';

const KIND: PrivateKind = { what: 'checkpoint', signature: '{"checkpoint":', hint: 'Choose another with --checkpoint.' };
const VERSION = 2;

/** Bytes before the position that are compared when a run goes on. */
const TAIL_BYTES = 4_096;

/** A place in one input: everything of that input before it is settled. Counts are those of all events settled by then. */
export type SettledAt<Counts = unknown> = {
  offset: number;
  number: number;
  framing: Framing;
  counts: Counts;
  rejectBytes: number;
};

/** Where a replay is. */
export type Checkpoint<Counts = unknown, Written = unknown> = {
  tool: string;
  savedAt: string;
  inputs: { name: string; identity: FileIdentity }[];
  /** Input number `input` is settled up to here; of the ones behind it nothing was read. */
  position: SettledAt<Counts> & { input: number };
  /** For each input before that one where its end was, and its size in bytes then. */
  passed: (SettledAt<Counts> & { size: number })[];
  /** Digest of the bytes before the position; null where the input is gzipped. */
  tail: string | null;
  target: { label: string; tables: { name: string; id: string | null; key: string }[] };
  /** Options that change what is written. */
  options: Record<string, unknown>;
  rejects: string;
  /** Requests and writes of all runs so far. */
  writer: Written;
  done: boolean;
};

/** Makes sure, before anything else is written, that a checkpoint can be written there. */
export function claimCheckpoint(path: string): Promise<void> {
  return claimPrivate(path, KIND);
}

export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const state = JSON.stringify(checkpoint);
  await writeAtomically(path, KIND.what, `{"checkpoint":${VERSION},"sha256":"${digestOf(state)}","state":${state}}\n`);
}

/**
 * Reads a checkpoint; undefined when there is none. A damaged one is an error, never a silent new start. Its checksum says that
 * counts are as they were saved, in the types in which they were.
 */
export async function loadCheckpoint<Counts, Written>(path: string): Promise<Checkpoint<Counts, Written> | undefined> {
  const text = await readTextFile(path);
  if (text === undefined) return undefined;
  const file: SavedFile<Counts, Written> | null = parse(path, text);
  if (file?.checkpoint !== VERSION) throw damaged(path, `version ${JSON.stringify(file?.checkpoint)} instead of ${VERSION}`);
  // the same members in the same order give the same text
  if (file.sha256 !== digestOf(JSON.stringify(file.state))) throw damaged(path, 'its checksum is wrong');
  return file.state;
}

type SavedFile<Counts, Written> = { checkpoint?: unknown; sha256?: unknown; state: Checkpoint<Counts, Written> };

function parse<Counts, Written>(path: string, text: string): SavedFile<Counts, Written> | null {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, 'not JSON', error);
  }
}

function damaged(path: string, why: string, cause?: unknown): MqdynError {
  return new MqdynError('E_CHECKPOINT', `${path} is damaged (${why})`, { cause });
}

function digestOf(text: string | undefined): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

/** Digest of the bytes of a file before an offset. */
export async function tailDigest(path: string, offset: number): Promise<string> {
  const length = Math.min(offset, TAIL_BYTES);
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset - length);
    return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  } finally {
    await file.close();
  }
}
