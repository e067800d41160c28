import { stat } from 'node:fs/promises';
import { isErrno, readFault } from './errors.ts';

/** Whether a folder has that name; undefined where nothing has. */
export async function isFolder(path: string): Promise<boolean | undefined> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw readFault(path, error);
  }
}
