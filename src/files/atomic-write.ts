import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFault } from './errors.ts';

/**
 * Replaces a file as a whole: the new content is on the disk before it takes the name, so that whoever reads it later, after
 * a crash too, finds the old content or the new one.
 */
export async function writeAtomically(path: string, what: string, content: string): Promise<void> {
  // a link stays, and what it points to is replaced
  const real = await realpath(path).catch(() => path);
  const temporary = `${real}.${randomBytes(4).toString('hex')}.tmp`;
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  try {
    const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, real);
    await syncFolder(dirname(real));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeFault(what, path, error);
  }
}

/** Makes the names in a folder durable. Windows has no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
