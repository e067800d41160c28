import { claimPrivate } from './private-file.ts';
import { loadState, saveState, type StateKind } from './state-file.ts';

const KIND: StateKind = {
  what: 'checkpoint',
  of: 'an import',
  member: 'import',
  version: 1,
  signature: '{"import":1',
  hint: 'Choose another with --checkpoint.',
};

/** How far an import is. Everything before the position is settled. */
export type ImportCheckpoint<Counts = unknown, Written = unknown> = {
  tool: string;
  /** Where the items come from: its name as it was given, and a digest of what is in it. */
  source: { name: string; digest: string };
  target: { label: string; tables: { name: string; id: string | null; key: string }[] };
  /** Options that change what is written. */
  options: Readonly<Record<string, unknown>>;
  /** So many lines of file number `file` are settled, and all of the files before it. */
  position: { file: number; lines: number };
  /** What became of the lines, by table. */
  counts: Counts;
  rejects: string;
  rejectBytes: number;
  /** Requests and writes of all runs so far. */
  writer: Written;
  done: boolean;
};

/** Makes sure that a checkpoint can be written there, before anything else is. */
export function claimImportCheckpoint(path: string): Promise<void> {
  return claimPrivate(path, KIND);
}

export function saveImportCheckpoint(path: string, checkpoint: ImportCheckpoint): Promise<void> {
  return saveState(path, KIND, checkpoint);
}

/** Reads a checkpoint; undefined when there is none. A damaged one is E_CHECKPOINT, never a silent new start. */
export function loadImportCheckpoint<Counts, Written>(path: string): Promise<ImportCheckpoint<Counts, Written> | undefined> {
  return loadState<ImportCheckpoint<Counts, Written>>(path, KIND);
}
