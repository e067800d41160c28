import { rm } from 'node:fs/promises';
import type { Item } from '../domain/item.ts';
import type { CountsByTable } from '../domain/purge/counts.ts';
import type { Asked, PurgeKind } from '../domain/purge/selection.ts';
import { writeFault } from './errors.ts';
import { claimPrivate } from './private-file.ts';
import { loadState, saveState, type StateKind } from './state-file.ts';

const KIND: StateKind = {
  what: 'checkpoint',
  of: 'a purge',
  member: 'purge',
  version: 1,
  signature: '{"purge":1',
  hint: 'Choose another with --checkpoint.',
};

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
  await saveState(path, KIND, checkpoint);
}

/** Reads a checkpoint; undefined when there is none. A damaged one is E_CHECKPOINT, never a silent new start. */
export function loadPurgeCheckpoint(path: string): Promise<PurgeCheckpoint | undefined> {
  return loadState<PurgeCheckpoint>(path, KIND);
}

export async function removePurgeCheckpoint(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw writeFault(KIND.what, path, error);
  }
}
