import { createHmac } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** What is hashed. Equal texts of two kinds have nothing in common afterwards. */
export type HashKind = 'client' | 'level' | 'payload' | 'msgid' | 'name' | 'value';

/** Names and ids: 60 bits are enough to keep many millions of them apart. */
const SHORT = 12;

/** So many short hashes are remembered: levels and clients come again and again. */
const REMEMBERED = 100_000;

/** Hashes under a key: what they were made of can neither be read from them nor tried out without the key. */
export class KeyedHash {
  private readonly key: Uint8Array;
  private readonly known = new Map<string, string>();

  constructor(key: Uint8Array) {
    this.key = key;
  }

  /** 12 characters of base32 in small letters. */
  short(kind: HashKind, text: string): string {
    const name = `${kind}:${text}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.known.size >= REMEMBERED) this.known.clear();
    const hash = base32(this.digest(kind, text)).slice(0, SHORT);
    this.known.set(name, hash);
    return hash;
  }

  /** As many characters as are asked for: 51 of hash, again and again. */
  text(kind: HashKind, data: string | Uint8Array, length: number): string {
    const hash = base32(this.digest(kind, data));
    return hash.repeat(Math.ceil(length / hash.length)).slice(0, length);
  }

  /** As many bytes as are asked for: 32 of hash, again and again. */
  bytes(kind: HashKind, data: Uint8Array, length: number): Buffer {
    return Buffer.alloc(length, this.digest(kind, data));
  }

  private digest(kind: HashKind, data: string | Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(`${kind}:`).update(data).digest();
  }
}

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += BASE32.charAt((bits >> held) & 31);
    }
    bits &= (1 << held) - 1;
  }
  return text;
}
