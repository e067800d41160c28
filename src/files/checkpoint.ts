import { createHash } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Write } from '../domain/hooks/write.ts';
import { writeAtomically } from './atomic-write.ts';
import type { Framing } from './documents.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import type { FileIdentity } from './input.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';

const KIND: PrivateKind = { what: 'checkpoint', signature: '{"checkpoint":1', hint: 'Choose another with --checkpoint.' };

/** Bytes before the watermark that are compared when a run goes on. */
const TAIL_BYTES = 4_096;

/** Where a replay is: everything before the watermark is settled. Counts are those of the settled events. */
export type Checkpoint = {
  checkpoint: 1;
  tool: string;
  savedAt: string;
  inputs: { name: string; identity: FileIdentity }[];
  /** The watermark: next record of input number `input`. */
  position: { input: number; offset: number; number: number; framing: Framing };
  /** Digest of the bytes before the watermark; null where the input is packed. */
  tail: string | null;
  target: { place: string; tables: { name: string; id: string | null; key: string }[] };
  /** Options that change what is written. */
  options: Record<string, unknown>;
  rejects: { path: string; length: number };
  counts: Record<string, unknown>;
  /** Last writes of keys whose last call had no clear reply. */
  unreconciled: Write[];
  done: boolean;
};

/** Makes sure, before anything else is written, that a checkpoint can be written there. */
export async function claimCheckpoint(path: string): Promise<void> {
  const file = await openPrivate(path, KIND);
  try {
    const { size } = await file.stat();
    await file.close();
    if (size === 0) await rm(path, { force: true });
  } catch (error) {
    await file.close().catch(() => undefined);
    throw writeFault(KIND.what, path, error);
  }
}

export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomically(path, KIND.what, `${JSON.stringify(checkpoint)}\n`);
}

export async function removeCheckpoint(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw writeFault(KIND.what, path, error);
  }
}

/** Reads a checkpoint; undefined when there is none. A damaged one is an error, never a silent new start. */
export async function loadCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw readFault(path, error);
  }
  const checkpoint = parse(path, text);
  const fault = shapeFault(checkpoint);
  if (fault !== undefined) throw new MqdynError('E_CHECKPOINT', `${path} is damaged (${fault})`);
  return checkpoint;
}

function parse(path: string, text: string): Checkpoint {
  try {
    return JSON.parse(text) as Checkpoint;
  } catch (error) {
    throw new MqdynError('E_CHECKPOINT', `${path} is damaged (not JSON)`, { cause: error });
  }
}

function shapeFault(value: Partial<Checkpoint> | null): string | undefined {
  if (typeof value !== 'object' || value === null) return 'no object';
  if (value.checkpoint !== 1) return `version ${JSON.stringify(value.checkpoint)}`;
  const { position, inputs, rejects, target, unreconciled, counts, options } = value;
  if (!Array.isArray(inputs) || !Array.isArray(unreconciled) || !Array.isArray(target?.tables)) return 'a list is missing';
  if (typeof counts !== 'object' || typeof options !== 'object') return 'a member is missing';
  const numbers = [position?.input, position?.offset, position?.number, rejects?.length];
  if (!numbers.every((number) => Number.isSafeInteger(number) && number! >= 0)) return 'a number is missing';
  return inputs[position!.input] === undefined && !value.done ? 'its position is in no input' : undefined;
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
