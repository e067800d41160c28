import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from './errors.ts';

/**
 * Makes a folder and those above it, for the owner alone. Node's own recursive mkdir never ends where a parent exists but
 * takes no folder, as in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await made(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  await mkdir(path, { mode: 0o700 });
}

/** False when a folder above is missing. */
async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === 'ENOENT') return false;
    if (error.code === 'EEXIST' && (await stat(path)).isDirectory()) return true;
    throw error;
  }
}

/** True where nothing of that name exists; a name that cannot be looked up does not count as absent. */
export async function isAbsent(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    (error: unknown) => isErrno(error) && error.code === 'ENOENT',
  );
}
