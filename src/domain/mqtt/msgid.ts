import { Buffer } from 'node:buffer';
import { decodeBase62, encodeBase62 } from './base62.ts';

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

/** Base62 of every group of three digits, four bytes each: three digits are one full group of the encoding. */
const GROUPS = Buffer.from(
  Array.from({ length: 1000 }, (_, group) => encodeBase62(Buffer.from(String(group).padStart(3, '0'), 'latin1'))).join(''),
  'latin1',
);
const MAX_MSGID_BYTES = 52;

/** The msgid under which the backend stores a GUID: EMQX's base62 of the GUID's decimal text. */
export function encodeMsgid(guid: bigint): string {
  const digits = guid.toString();
  const whole = digits.length - (digits.length % 3);
  // written into bytes and taken out once: text put together piece by piece costs many times the memory
  const bytes = Buffer.allocUnsafe(MAX_MSGID_BYTES);
  let length = 0;
  for (let at = 0; at < whole; at += 3) {
    const group = (digits.charCodeAt(at) - 48) * 100 + (digits.charCodeAt(at + 1) - 48) * 10 + digits.charCodeAt(at + 2) - 48;
    length += GROUPS.copy(bytes, length, group * 4, group * 4 + 4);
  }
  if (whole < digits.length) length += bytes.write(encodeBase62(Buffer.from(digits.slice(whole), 'latin1')), length, 'latin1');
  return bytes.toString('latin1', 0, length);
}

/** The 128-bit GUID of a stored msgid, or undefined when no EMQX could have written it. */
export function decodeMsgid(msgid: string): bigint | undefined {
  const digits = decodeBase62(msgid)?.toString('latin1');
  if (digits === undefined || !/^(0|[1-9]\d{0,38})$/.test(digits)) return undefined;
  const guid = BigInt(digits);
  return guid < LIMIT && encodeMsgid(guid) === msgid ? guid : undefined;
}

/** The GUID of its hex form: 32 digits, or 25 to 31 as EMQX before 4.3 wrote them without leading zeros. */
export function guidFromHex(hex: string): bigint | undefined {
  return /^[0-9a-fA-F]{25,32}$/.test(hex) ? BigInt(`0x${hex}`) : undefined;
}

/** Takes either form of a message id; undefined when it is neither. The two never collide: lengths and alphabets differ. */
export function parseMessageId(text: string): bigint | undefined {
  return guidFromHex(text) ?? decodeMsgid(text);
}

export function readGuid(guid: bigint): Guid {
  const hex = guid.toString(16).toUpperCase().padStart(32, '0');
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
