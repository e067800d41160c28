import { readFile } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
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

/** The bytes of a small file that has to be there. */
export async function readGivenFile(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    if (isErrno(error) && error.code === 'ENOENT') throw new MqdynError('E_INPUT', `${path} does not exist`);
    throw readFault(path, error);
  });
}
