import { readFile, rm } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { CountsByTable } from '../domain/purge/counts.ts';
import type { Asked, PurgeKind } from '../domain/purge/selection.ts';
import { writeAtomically } from './atomic-write.ts';
import { verified, withChecksum } from './checksum.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import { claimPrivate, type PrivateKind } from './private-file.ts';

const KIND: PrivateKind = { what: 'checkpoint', signature: '{"purge":1', hint: 'Choose another with --checkpoint.' };

/** How far a purge is. */
export type PurgeCheckpoint = {
  tool: string;
  target: { label: string; tables: { name: string; id: string | null; key: string }[] };
  selection: Asked & { kind: PurgeKind };
  /** When the purge began, in Unix milliseconds: ages are counted from then, in later runs too. */
  startedAt: number;
  /** `unlisted`: the messages that no map lists, which come last. */
  phase: 'listed' | 'unlisted';
  /** Key of the last item that is settled; null before the first one. */
  after: Item | null;
  /**
   * The journal had `size` bytes when this was saved. What stands in it behind byte `settled` may not have been carried out; of its
   * messages, `done` were deleted.
   */
  journal: { path: string; size: number; settled: number; done: number };
  counts: CountsByTable;
  units: number;
};

/** Makes sure that a checkpoint can be written there. */
export function claimPurgeCheckpoint(path: string): Promise<void> {
  return claimPrivate(path, KIND);
}

export async function savePurgeCheckpoint(path: string, checkpoint: PurgeCheckpoint): Promise<void> {
  await writeAtomically(path, KIND.what, `${JSON.stringify(withChecksum({ purge: 1, ...checkpoint }))}\n`);
}

/** Reads a checkpoint; undefined when there is none. A damaged one is E_CHECKPOINT, never a silent new start. */
export async function loadPurgeCheckpoint(path: string): Promise<PurgeCheckpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw readFault(path, error);
  }
  const members = verified(parsed(path, text));
  if (members?.['purge'] !== 1) throw damaged(path);
  // the checksum says that these are the members that were saved
  const checkpoint: PurgeCheckpoint = Object(members);
  return checkpoint;
}

export async function removePurgeCheckpoint(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw writeFault(KIND.what, path, error);
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
}

function damaged(path: string, cause?: unknown): MqdynError {
  return new MqdynError('E_CHECKPOINT', `${path} is damaged, or not a checkpoint of a purge`, { cause });
}
