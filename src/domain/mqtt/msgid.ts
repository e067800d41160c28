import { Buffer } from 'node:buffer';
import { decodeBase62 } from './base62.ts';
import { guidOf, hexOf, msgidOf } from './msgid-text.ts';

const LIMIT = 1n << 128n;

/** What a message id tells: 64 bits of time, 48 bits of node and process, 16 bits of sequence. Source: emqx_guid. */
export type Guid = {
  /** Unix time in microseconds. */
  timestampMicros: bigint;
  /** 12 upper-case hex digits: node hash, creation and process. */
  node: string;
  /** Message counter of the publishing connection, 0 to 65535. */
  sequence: number;
  /** 32 upper-case hex digits. */
  hex: string;
};

/** The msgid under which the backend stores a GUID: EMQX's base62 of the GUID's decimal text. */
export function encodeMsgid(guid: bigint): string {
  return msgidOf(hexOf(guid));
}

/** What an id of 35 digits looks like: eleven groups of three digits, and one of two. All ids made from 1987 to 2141 do. */
const USUAL = /^(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){11}[MNO][DTjz][A-J]$/;
const LAST = 'AEIMQUYcgk';
const A = 'A'.charCodeAt(0);

/** The 128-bit GUID of a stored msgid, or undefined when no EMQX could have written it. */
export function decodeMsgid(msgid: string): bigint | undefined {
  if (USUAL.test(msgid)) {
    // all but the last character are those of base64, which moves its four bits to the left: A to J become A, E, I, ...
    const last = LAST.charAt(msgid.charCodeAt(46) - A);
    const digits = Buffer.from(msgid.slice(0, 46) + last, 'base64').toString('latin1');
    return digits.startsWith('0') ? undefined : BigInt(digits);
  }
  const digits = decodeBase62(msgid)?.toString('latin1');
  if (digits === undefined || !/^(0|[1-9]\d{0,38})$/.test(digits)) return undefined;
  const guid = BigInt(digits);
  return guid < LIMIT && encodeMsgid(guid) === msgid ? guid : undefined;
}

/** The GUID of its hex form: 32 digits, or 25 to 31 as EMQX before 4.3 wrote them without leading zeros. */
export function guidFromHex(hex: string): bigint | undefined {
  const digits = guidOf(hex);
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** Takes either form of a message id; undefined when it is neither. The two never collide: lengths and alphabets differ. */
export function parseMessageId(text: string): bigint | undefined {
  return guidFromHex(text) ?? decodeMsgid(text);
}

export function readGuid(guid: bigint): Guid {
  const hex = hexOf(guid);
  return {
    timestampMicros: guid >> 64n,
    node: hex.slice(16, 28),
    sequence: Number(guid & 0xffffn),
    hex,
  };
}

/** Puts a GUID together. `tail` holds the 64 bits of node, process and sequence. */
export function makeGuid(timestampMicros: bigint, tail: bigint): bigint {
  return (BigInt.asUintN(64, timestampMicros) << 64n) | BigInt.asUintN(64, tail);
}

/** UTC time with microseconds, as `2019-07-05T06:35:53.981613Z`; undefined outside of the years that a Date can hold. */
export function microsToIso(micros: bigint): string | undefined {
  const date = new Date(Number(micros / 1000n));
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().replace('Z', `${(micros % 1000n).toString().padStart(3, '0')}Z`);
}
