import { createHash } from 'node:crypto';
import { isObject } from '../domain/json/object.ts';
import { readTextFile } from './text.ts';

/** The members of a file with a checksum over all of them, as the last member. */
export function withChecksum<T extends object>(members: T): T & { sha256: string } {
  return { ...members, sha256: checksum(members) };
}

/** The members of such a file without their checksum; undefined where one of them is not as it was written. */
export function verified(value: unknown): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  const { sha256, ...members } = value;
  return sha256 === checksum(members) ? members : undefined;
}

/** The members of such a file, or what is wrong with it; undefined where there is no file. */
export async function readVerified(
  path: string,
): Promise<{ members: Record<string, unknown> } | { fault: string; cause?: unknown } | undefined> {
  const text = await readTextFile(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { fault: 'is damaged: it is not JSON', cause };
  }
  const members = verified(value);
  return members === undefined ? { fault: 'is damaged: its checksum is wrong' } : { members };
}

/** Of the members as JSON: spaces and line ends of the file do not count, their order does. */
function checksum(members: object): string {
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}
