import { createHash } from 'node:crypto';
import { makeGuid } from '../mqtt/msgid.ts';
import { hexOf } from '../mqtt/msgid-text.ts';

/** What identifies a message in a recording without ids. `extra` tells apart what is otherwise alike. */
type Identity = {
  timestampMicros: bigint;
  sender: string;
  topic: string;
  payload: string | Uint8Array;
  extra?: string;
};

/**
 * Makes a message id from a message's own content: its time in the upper 64 bits, a SHA-256 of the rest in the lower 64.
 * The same content always makes the same id, so that a replay can be repeated and an ack finds its publish.
 */
export function synthesiseGuid(identity: Identity): string {
  const hash = createHash('sha256');
  for (const part of [identity.sender, identity.topic, identity.payload, identity.extra ?? '']) {
    hash.update(`${part.length}:`).update(part);
  }
  return hexOf(makeGuid(identity.timestampMicros, hash.digest().readBigUInt64BE(0)));
}
