import { MqdynError } from '../domain/errors.ts';
import { writeAtomically } from './atomic-write.ts';
import { readVerified, withChecksum } from './checksum.ts';
import type { PrivateKind } from './private-file.ts';

/** A private file that says how far something is. Its first member is the name of its kind, with a version. */
export type StateKind = PrivateKind & {
  member: string;
  version: number;
  /** Whose it is, in words: `a purge`. */
  of: string;
};

export async function saveState(path: string, kind: StateKind, state: object): Promise<void> {
  await writeAtomically(path, kind.what, `${JSON.stringify(withChecksum({ [kind.member]: kind.version, ...state }))}\n`);
}

/** Reads a state; undefined when there is none. A damaged one is E_CHECKPOINT, never a silent new start. */
export async function loadState<State>(path: string, kind: StateKind): Promise<State | undefined> {
  const read = await readVerified(path);
  if (read === undefined) return undefined;
  if ('fault' in read) throw damaged(path, kind, read.cause);
  if (read.members[kind.member] !== kind.version) throw damaged(path, kind);
  // the checksum says that these are the members that were saved
  const state: State = Object(read.members);
  return state;
}

function damaged(path: string, { what, of }: StateKind, cause?: unknown): MqdynError {
  return new MqdynError('E_CHECKPOINT', `${path} is damaged, or not a ${what} of ${of}`, { cause });
}
