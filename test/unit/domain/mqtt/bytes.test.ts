import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64ByteLength,
  decodeKeepingBytes,
  holdsEscapedBytes,
  replaceInvalidUtf8,
  unescapedBytes,
  utf8ByteLength,
} from '../../../../src/domain/mqtt/bytes.ts';
import { storedPayload } from '../../../../src/domain/mqtt/payload.ts';
import { anyText } from '../../../harness/texts.ts';

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** Bytes that are nearly UTF-8: text, leads, continuations and surrogates side by side. */
const nearlyText = fc
  .array(
    fc.oneof(fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0x9f, 0xf0, 0x90, 0xf4, 0xf5, 0xff, 0x41), fc.nat(255)),
  )
  .map((bytes) => Buffer.from(bytes));

describe('decodeKeepingBytes', () => {
  it('keeps every byte', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyText, fc.uint8Array()), (bytes) => {
        const text = decodeKeepingBytes(bytes);
        expect(unescapedBytes(text)).toEqual(Buffer.from(bytes));
        expect(holdsEscapedBytes(text)).toBe(!text.isWellFormed());
      }),
    );
  });

  it('is plain decoding where all is UTF-8', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(decodeKeepingBytes(Buffer.from(text))).toBe(text);
        expect(holdsEscapedBytes(text)).toBe(false);
      }),
    );
  });

  it('makes a lone surrogate of each offending byte', () => {
    expect(decodeKeepingBytes(hex('41 80 C3 A4 ED A0 80'))).toBe('A\udc80ä\udced\udca0\udc80');
  });
});

describe('replaceInvalidUtf8', () => {
  it.each([
    ['C0 80', '\ufffd'],
    ['ED A0 80', '\ufffd'],
    ['ED BF BF', '\ufffd'],
    ['E0 80 80', '\ufffd'],
    ['F5 80 80 80', '\ufffd'],
    ['F0 80 80 80', '\ufffd'],
    ['80', '\ufffd'],
    ['81 82', '\ufffd\ufffd'],
    ['F8 80', '\ufffd\ufffd'],
    ['FF FE', '\ufffd\ufffd'],
    ['C3', '\ufffd'],
    ['E2 82', '\ufffd'],
    ['E2 82 41', '\ufffdA'],
    ['C3 A4 80 80', 'ä\ufffd\ufffd'],
    ['F0 9F 98', '\ufffd'],
    ['F0 9F 98 80', '😀'],
    ['53 80 FF 53', 'S\ufffd\ufffdS'],
    ['00 1B', '\0\x1b'],
    ['EF BB BF 41', '\ufeffA'],
    ['', ''],
  ])('%s', (bytes, text) => {
    expect(replaceInvalidUtf8(hex(bytes))).toBe(text);
  });

  it('leaves text as it is and always makes text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(replaceInvalidUtf8(Buffer.from(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(nearlyText, (bytes) => {
        expect(replaceInvalidUtf8(bytes).isWellFormed()).toBe(true);
      }),
    );
  });

  it('reads a part of a larger buffer', () => {
    expect(replaceInvalidUtf8(hex('41 C3 A4 80 42').subarray(1, 4))).toBe('ä\ufffd');
  });
});

describe('storedPayload', () => {
  it.each([
    ['replace', 'C3 A4', { text: 'ä' }],
    ['binary', 'C3 A4', { text: 'ä' }],
    ['reject', 'C3 A4', { text: 'ä' }],
    ['replace', '41 80', { text: 'A\ufffd' }],
    ['binary', '41 80', { base64: 'QYA=' }],
    ['reject', '41 80', undefined],
  ] as const)('%s stores %s', (policy, bytes, stored) => {
    expect(storedPayload(hex(bytes), policy)).toEqual(stored);
  });
});

describe('lengths', () => {
  it('count bytes', () => {
    expect(['', 'a', 'ä', '€', '😀'].map(utf8ByteLength)).toEqual([0, 1, 2, 3, 4]);
    expect(['', 'QQ==', 'QUI=', 'QUJD'].map(base64ByteLength)).toEqual([0, 1, 2, 3]);
  });
});
