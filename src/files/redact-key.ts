import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { readFault } from './errors.ts';

/** Shorter keys can be tried out. */
const LEAST_BYTES = 16;
/** What is longer than this is some other file. */
const MOST_BYTES = 1 << 16;

const HINT = 'Make one with: openssl rand -base64 32 > redact.key';

/** White space of ASCII, which an editor or a shell may have put around a key. */
const BLANKS: ReadonlySet<number | undefined> = new Set(Buffer.from(' \t\r\n\v\f'));

/** The key in a file: its bytes, without white space around them. A file that holds no such key is E_INPUT. */
export async function readRedactKey(path: string): Promise<Buffer> {
  const bytes = await readStart(path);
  if (bytes.length > MOST_BYTES) throw unfit(path, 'is too large for a key');
  let [from, to] = [0, bytes.length];
  while (from < to && BLANKS.has(bytes[from])) from += 1;
  while (to > from && BLANKS.has(bytes[to - 1])) to -= 1;
  if (to - from < LEAST_BYTES) throw unfit(path, `holds ${to - from} bytes; a key has at least ${LEAST_BYTES}`);
  return bytes.subarray(from, to);
}

/** Tells one key from another without giving it away. */
export function digestOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex');
}

/** No more than is needed to tell that a file is too large. */
async function readStart(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(MOST_BYTES + 1);
      let length = 0;
      // a key that comes from a pipe may come in pieces
      for (let more = 1; more > 0 && length < bytes.length; length += more) {
        more = (await file.read(bytes, length, bytes.length - length)).bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readFault(path, error);
  }
}

function unfit(path: string, why: string): MqdynError {
  return new MqdynError('E_INPUT', `${path} ${why}`, { hint: HINT });
}
