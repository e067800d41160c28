import { Buffer } from 'node:buffer';

/** Texts up to this length are counted here: the call into native code costs more than a short loop. */
const SHORT = 48;

export function utf8ByteLength(text: string): number {
  const { length } = text;
  if (length > SHORT) return Buffer.byteLength(text, 'utf8');
  for (let at = 0; at < length; at += 1) if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text, 'utf8');
  return length;
}

/** Number of bytes that padded base64 text stands for. */
export function base64ByteLength(text: string): number {
  return Buffer.byteLength(text, 'base64');
}

/** Code units that stand for one byte each that was not valid UTF-8: U+DC80 for 0x80 to U+DCFF for 0xFF. */
const ESCAPED_BYTE = /[\udc80-\udcff]/;

/**
 * Decodes bytes as UTF-8 and keeps what is not UTF-8: every offending byte b becomes the lone surrogate U+DC00 + b, so that
 * `unescapedBytes` gives the very same bytes back.
 */
export function decodeKeepingBytes(bytes: Uint8Array): string {
  let text = '';
  let valid = 0;
  let at = 0;
  const flush = () => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset + valid, at - valid).toString('utf8');
  };
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    flush();
    text += String.fromCharCode(0xdc00 + bytes[at]!);
    at += 1;
    valid = at;
  }
  flush();
  return text;
}

/** True when the text holds bytes that were not UTF-8. Only meaningful for text from `decodeKeepingBytes`. */
export function holdsEscapedBytes(text: string): boolean {
  return ESCAPED_BYTE.test(text) && !text.isWellFormed();
}

/** The exact bytes of text from `decodeKeepingBytes`. */
export function unescapedBytes(text: string): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      at += 1; // a pair: its low half is no escaped byte
    } else if (unit >= 0xdc80 && unit <= 0xdcff) {
      parts.push(Buffer.from(text.slice(start, at), 'utf8'), Buffer.from([unit - 0xdc00]));
      start = at + 1;
    }
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/**
 * Text that the backend stores for a payload: what is not UTF-8 becomes U+FFFD the way EMQX's JSON encoder (jsx) counts,
 * which is not the way of TextDecoder: a bad lead byte takes its continuation bytes with it into one replacement, a
 * surrogate is one, a stray byte is one. Source: jsx 2.11, which the plug-in encodes with.
 */
export function replaceInvalidUtf8(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      text += Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('utf8');
      at += length;
      continue;
    }
    text += '\ufffd';
    const limit = continuationsClaimed(bytes[at]!);
    at += 1;
    for (let taken = 0; taken < limit && isContinuation(bytes[at]); taken += 1) at += 1;
  }
  return text;
}

function continuationsClaimed(lead: number): number {
  if (lead >= 0xc0 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf7) return 3;
  return 0;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf;
}

/** Length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7), or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const second = bytes[at + 1];
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const low = lead === 0xe0 ? 0xa0 : 0x80;
    const high = lead === 0xed ? 0x9f : 0xbf;
    return second !== undefined && second >= low && second <= high && isContinuation(bytes[at + 2]) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low = lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xf4 ? 0x8f : 0xbf;
    const inRange = second !== undefined && second >= low && second <= high;
    return inRange && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? 4 : 0;
  }
  return 0;
}
