import { Buffer } from 'node:buffer';
import { encodeBase62 } from './base62.ts';

/*
 * A GUID goes as its 32 hexadecimal digits, in upper case. A recording of a million events holds a million of them, so this
 * is the straight way from digits to the stored text: through four words of 32 bits, without big integers.
 */

const HEX_DIGITS = 32;
const WORDS = 4;
const WORD = 2 ** 32;
const MILLION = 1_000_000;
/** 2^128 has 39 decimal digits: 13 groups of three, and one more because groups of a million come in pairs. */
const GROUPS = 14;

/** Value of a hexadecimal digit by its character code, plus 32 where it is a small letter. */
const HEX = new Int8Array(128).fill(-1);
for (const [value, digit] of '0123456789abcdef'.split('').entries()) {
  HEX[digit.charCodeAt(0)] = value + (value > 9 ? 32 : 0);
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Base62 of every run of one, two and three decimal digits. Three digits are a full group of the encoding: four characters. */
const [ONE, TWO, THREE] = [1, 2, 3].map((digits) =>
  Array.from({ length: 10 ** digits }, (_, value) => encodeBase62(Buffer.from(String(value).padStart(digits, '0'), 'latin1'))),
) as [string[], string[], string[]];
/** Four characters each, moved as one. */
const FULL = new Uint32Array(Uint8Array.from(Buffer.from(THREE.join(''), 'latin1')).buffer);

const dividend = new Float64Array(WORDS);
const groups = new Uint16Array(GROUPS);
const quads = new Uint32Array(GROUPS + 1);
const text = Buffer.from(quads.buffer);

/** The hexadecimal digits of a GUID that is a number. */
export function hexOf(guid: bigint): string {
  return guid.toString(16).toUpperCase().padStart(HEX_DIGITS, '0');
}

/** Takes 25 to 32 hexadecimal digits of either case, and gives the 32 of the GUID; undefined for anything else. */
export function guidOf(hex: string): string | undefined {
  const { length } = hex;
  // EMQX before 4.3 wrote no leading zeros
  if (length < 25 || length > HEX_DIGITS) return undefined;
  let seen = 0;
  for (let at = 0; at < length; at += 1) seen |= digitAt(hex, at);
  if (seen < 0) return undefined;
  return length === HEX_DIGITS && seen < 32 ? hex : hex.toUpperCase().padStart(HEX_DIGITS, '0');
}

/** The msgid under which the backend stores a GUID: EMQX's base62 of the GUID's decimal text. */
export function msgidOf(guid: string): string {
  readWords(guid);
  divideIntoGroups();
  let first = 0;
  while (first < GROUPS - 1 && groups[first] === 0) first += 1;
  return encodeGroups(first);
}

/** Puts the four words of a GUID into the dividend, the lowest 32 bits last. */
function readWords(guid: string): void {
  for (let word = 0; word < WORDS; word += 1) {
    let value = 0;
    for (let at = word * 8; at < word * 8 + 8; at += 1) value = (value << 4) | (digitAt(guid, at) & 15);
    dividend[word] = value >>> 0;
  }
}

/** Value of a digit, plus 32 for a small letter; negative where there is none. */
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 128 ? HEX[code]! : -1;
}

/** Divides by a million again and again; every step is exact, as no number in it gets past 2^53. */
function divideIntoGroups(): void {
  for (let group = GROUPS - 1; group > 0; group -= 2) {
    let rest = 0;
    for (let word = 0; word < WORDS; word += 1) {
      const value = rest * WORD + dividend[word]!;
      const quotient = Math.floor(value / MILLION);
      dividend[word] = quotient;
      rest = value - quotient * MILLION;
    }
    groups[group] = rest % 1000;
    groups[group - 1] = rest / 1000;
  }
}

/** Base62 counts its groups from the left, numbers from the right: where they do not meet, each group takes from two. */
function encodeGroups(first: number): string {
  const lead = groups[first]!;
  if (lead > 99) {
    for (let group = first; group < GROUPS; group += 1) quads[group - first] = FULL[groups[group]!]!;
    return text.toString('latin1', 0, (GROUPS - first) * 4);
  }
  // of three digits so many, as a power of ten, stay for the next group, and so many were left from the one before
  const [stay, left] = lead > 9 ? [100, 10] : [10, 100];
  let held = lead;
  let length = 0;
  for (let group = first + 1; group < GROUPS; group += 1) {
    const value = groups[group]!;
    const taken = Math.floor(value / stay);
    quads[length] = FULL[held * left + taken]!;
    length += 1;
    held = value - taken * stay;
  }
  return text.toString('latin1', 0, putLast(length * 4, (lead > 9 ? TWO : ONE)[held]!));
}

function putLast(start: number, characters: string): number {
  for (let at = 0; at < characters.length; at += 1) text[start + at] = characters.charCodeAt(at);
  return start + characters.length;
}
