import { readFile } from 'node:fs/promises';
import { isErrno, readFault } from './errors.ts';

/** The text of a small file, or undefined when there is none. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined;
    throw readFault(path, error);
  }
}
