import { Buffer } from 'node:buffer';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678';

/**
 * EMQX's base62 of bytes: six bits a character, indexes 61 to 63 as `9A` to `9C`, left-over bits at the end neither shifted
 * nor padded. Source: emqx_base62; not the usual base62 of an integer and not base64url.
 */
export function encodeBase62(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  for (; at + 3 <= bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    text += digit(group >> 18) + digit((group >> 12) & 63) + digit((group >> 6) & 63) + digit(group & 63);
  }
  const rest = bytes.length - at;
  if (rest === 1) text += digit(bytes[at]! >> 2) + digit(bytes[at]! & 3);
  if (rest === 2) {
    const group = (bytes[at]! << 8) | bytes[at + 1]!;
    text += digit(group >> 10) + digit((group >> 4) & 63) + digit(group & 15);
  }
  return text;
}

/** The bytes of base62 text, or undefined when it is none: a foreign character, a broken `9x`, or bits that no encoder leaves. */
export function decodeBase62(text: string): Buffer | undefined {
  const indexes = indexesOf(text);
  if (indexes === undefined || indexes.length % 4 === 1) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const [position, index] of indexes.entries()) {
    const last = position === indexes.length - 1;
    const width = last && held !== 0 ? 8 - held : 6;
    if (index >= 1 << width) return undefined;
    bits = (bits << width) | index;
    held += width;
    if (held >= 8) {
      held -= 8;
      bytes.push((bits >> held) & 255);
      bits &= (1 << held) - 1;
    }
  }
  return Buffer.from(bytes);
}

function digit(index: number): string {
  return index < 61 ? ALPHABET[index]! : `9${'ABC'[index - 61]!}`;
}

function indexesOf(text: string): number[] | undefined {
  const indexes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '9') {
      at += 1;
      const escaped = 'ABC'.indexOf(text[at] ?? ' ');
      if (escaped < 0) return undefined;
      indexes.push(61 + escaped);
    } else {
      const index = ALPHABET.indexOf(text[at]!);
      if (index < 0) return undefined;
      indexes.push(index);
    }
  }
  return indexes;
}
