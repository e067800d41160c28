import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase62, encodeBase62 } from '../../../../src/domain/mqtt/base62.ts';

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const VECTORS: readonly [bytes: Buffer, text: string][] = [
  [Buffer.from(''), ''],
  [Buffer.from('h'), 'aA'],
  [Buffer.from('hi'), 'aGJ'],
  [Buffer.from('hello'), 'aGVsbGP'],
  [Buffer.from('Hello world!'), 'SGVsbG8gd29AybGQh'],
  [Buffer.from('{"t":21.5}'), 'eyJ0IjoyMS41fB'],
  [hex('00'), 'AA'],
  [hex('FF'), '9CD'],
  [hex('FF FE'), '9C9CO'],
  [hex('FF FF FF'), '9C9C9C9C'],
  [hex('FB EF FF'), '9B9B9C9C'],
  [hex('FA FB FC FD FE FF'), '9Bvv89Cf79C'],
  [hex('53 80 FF 53'), 'U4D9CUD'],
  [Buffer.from('0'), 'MA'],
];

describe('base62', () => {
  it.each(VECTORS)('%o is %s', (bytes, text) => {
    expect(encodeBase62(bytes)).toBe(text);
    expect(decodeBase62(text)).toEqual(bytes);
  });

  it('gives every byte string back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase62(encodeBase62(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('reads only what its encoder writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AMTz0589BCD'.split('')), maxLength: 12 }), (text) => {
        const bytes = decodeBase62(text);
        if (bytes !== undefined) expect(encodeBase62(bytes)).toBe(text);
      }),
    );
  });

  it.each(['A', 'AAAAA', 'A=', 'A-', '9', '9D', 'A9', 'AE', 'AAQ', 'é', ' AA'])('%j is none', (text) => {
    expect(decodeBase62(text)).toBeUndefined();
  });
});
