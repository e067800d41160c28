import { readFile } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, readFault } from './errors.ts';

/** The bytes of a PEM file: a certificate, an authority, or a key. */
export async function readPem(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isErrno(error) && error.code === 'ENOENT') throw new MqdynError('E_INPUT', `${path} does not exist`);
    throw readFault(path, error);
  });
  if (!bytes.includes('-----BEGIN ')) throw new MqdynError('E_INPUT', `${path} is not a PEM file`);
  return bytes;
}
