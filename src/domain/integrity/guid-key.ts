import { createHash } from 'node:crypto';
import { decodeMsgid } from '../mqtt/msgid.ts';
import { hexOf } from '../mqtt/msgid-text.ts';

/**
 * What two mentions of one message have in common, as 16 bytes in a binary string: the GUID of its id. An id that does not decode
 * goes by its digest, and its text has to be kept beside it.
 */
export function guidKey(msgid: string): { key: string; decodes: boolean } {
  const guid = decodeMsgid(msgid);
  const bytes =
    guid === undefined ? createHash('sha256').update(msgid).digest().subarray(0, 16) : Buffer.from(hexOf(guid), 'hex');
  return { key: bytes.toString('latin1'), decodes: guid !== undefined };
}

/** The hexadecimal digits of the GUID in such a key. */
export function guidOfKey(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex').toUpperCase();
}
