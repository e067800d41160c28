import { makeGuid } from './msgid.ts';
import { hexOf } from './msgid-text.ts';

/**
 * Node and process of message ids that this program makes: `mqdyn` in ASCII and a zero byte, in the place where a broker has a
 * hash of its name. `msg --decode` shows it as 6D7164796E00.
 */
const OWN_NODE = 0x6d7164796e00n;

/** The id of a message of a moment, in Unix microseconds, as 32 hexadecimal digits. `sequence` is below 65536. */
export function ownGuid(micros: bigint, sequence: number): string {
  return hexOf(makeGuid(micros, (OWN_NODE << 16n) | BigInt(sequence & 0xffff)));
}
