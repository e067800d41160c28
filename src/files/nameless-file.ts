import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFault } from './errors.ts';

/** What is said about a temporary file that cannot be written. */
export const TEMPORARY = 'a temporary file in';

/**
 * An open file in a folder, the temporary one where none is named, readable by its owner alone. Its name is taken away at once,
 * so that it is gone however the program ends.
 */
export async function namelessFile(parent = tmpdir()): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(parent, 'mqdyn-'));
    try {
      return await open(join(folder, 'data'), 'wx+', 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw writeFault(TEMPORARY, parent, error);
  }
}
