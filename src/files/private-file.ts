import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';

/** A kind of file that is readable by its owner alone, because it holds payloads. */
export type PrivateKind = {
  /** In words: `reject file`. */
  what: string;
  /** First characters of every such file; anything else is somebody else's and is not touched. */
  signature: string;
  /** How to choose another place. */
  hint: string;
};

/** Opens or makes a private file for reading and writing. Links, foreign owners and files of another kind are refused. */
export async function openPrivate(path: string, kind: PrivateKind): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  let file: FileHandle | undefined;
  try {
    file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    await refuseForeign(path, file, kind);
    await file.chmod(0o600);
    return file;
  } catch (error) {
    await file?.close();
    if (isErrno(error) && error.code === 'ELOOP') throw unsafe(path, kind, 'is a symbolic link');
    throw writeFault(kind.what, path, error);
  }
}

/** Makes sure that such a file can be written at a place, before anything depends on it; nothing stays there that was not there. */
export async function claimPrivate(path: string, kind: PrivateKind): Promise<void> {
  const file = await openPrivate(path, kind);
  try {
    const { size } = await file.stat();
    await file.close();
    if (size === 0) await rm(path, { force: true });
  } catch (error) {
    await file.close().catch(() => undefined);
    throw writeFault(kind.what, path, error);
  }
}

async function refuseForeign(path: string, file: FileHandle, kind: PrivateKind): Promise<void> {
  const facts = await file.stat();
  if (!facts.isFile()) throw unsafe(path, kind, 'is not a plain file');
  if (process.geteuid !== undefined && facts.uid !== process.geteuid()) throw unsafe(path, kind, 'belongs to another user');
  // Windows has access lists instead of modes
  const isWindows = process.platform === 'win32';
  if (!isWindows && (facts.mode & 0o022) !== 0)
    throw unsafe(path, kind, `is writable by others (mode ${(facts.mode & 0o777).toString(8)})`);
  if (facts.size === 0) return;
  const length = kind.signature.length;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  // a disk that was full may have cut the very first line
  if (!kind.signature.startsWith(buffer.toString('utf8', 0, bytesRead))) {
    throw new MqdynError('E_USAGE', `${path} exists and is not ${kind.what.startsWith('i') ? 'an' : 'a'} ${kind.what}`, {
      hint: kind.hint,
    });
  }
}

function unsafe(path: string, { what, hint }: PrivateKind, why: string): MqdynError {
  return new MqdynError('E_LOCKED', `${what} ${path} ${why}`, { hint });
}
