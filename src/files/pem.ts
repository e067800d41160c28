import { MqdynError } from '../domain/errors.ts';
import { readGivenFile } from './text.ts';

/** The bytes of a PEM file: a certificate, an authority, or a key. */
export async function readPem(path: string): Promise<Buffer> {
  const bytes = await readGivenFile(path);
  if (!bytes.includes('-----BEGIN ')) throw new MqdynError('E_INPUT', `${path} is not a PEM file`);
  return bytes;
}
