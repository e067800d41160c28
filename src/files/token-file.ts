import { open } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { readFault } from './errors.ts';

const FEWEST_BYTES = 16;
const MOST_BYTES = 4_096;

/** Reads a secret from a file that others cannot read: its text without blanks around it, of 16 bytes or more. */
export async function readToken(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const facts = await file.stat();
      // systemd hands credentials on as files of root with the mode 440 and an access list
      const others = facts.uid === 0 ? 0o027 : 0o077;
      if (process.platform !== 'win32' && (facts.mode & others) !== 0)
        throw unsafe(`${path} can be read or written by others (mode ${(facts.mode & 0o777).toString(8)})`);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, 0);
      const token = buffer.toString('utf8', 0, bytesRead).trim();
      if (bytesRead > MOST_BYTES || Buffer.byteLength(token) < FEWEST_BYTES)
        throw unsafe(`${path} must hold a token of ${FEWEST_BYTES} to ${MOST_BYTES} bytes`);
      if (!/^[\x21-\x7e]+$/.test(token)) throw unsafe(`${path} holds characters that no token can have`);
      return token;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readFault(path, error);
  }
}

function unsafe(why: string): MqdynError {
  return new MqdynError('E_TOKEN', why);
}
