import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipped, escapeControls, escapeJsonForTerminal, safeSentence } from '../../../src/output/escape.ts';

/** Characters that must not reach a terminal: control, bidirectional, zero-width and other invisible ones, line separators. */
const DANGEROUS =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u3164]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/u;

/** Any text, lone surrogates and the worst characters more often than by chance. */
const hostileText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0x1b, 0x07, 0x7f, 0x9b, 0x202e, 0x2066, 0x200b, 0xfeff, 0xd800, 0xdc41, 0x41)))
  .map((units) => String.fromCharCode(...units));

describe('escapeControls', () => {
  it.each([
    ['\x1b[2J', '\\x1b[2J'],
    ['a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['\0\x7f\x9b', '\\x00\\x7f\\x9b'],
    ['\u202eabc\u2066', '\\u202eabc\\u2066'],
    ['a\u200bb\u200d\ufeff', 'a\\u200bb\\u200d\\ufeff'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u3164\u115f\u034f', '\\u3164\\u115f\\u034f'],
    ['Grüße 😀 ❤️ \\x1b', 'Grüße 😀 ❤️ \\x1b'],
  ])('%j', (text, safe) => {
    expect(escapeControls(text)).toBe(safe);
  });

  it('leaves nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(escapeControls(text)).not.toMatch(DANGEROUS);
      }),
      { numRuns: 500 },
    );
  });
});

describe('escapeJsonForTerminal', () => {
  it('keeps the meaning and leaves nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText, { maxKeys: 4 }), (value) => {
        const json = escapeJsonForTerminal(JSON.stringify(value));
        expect(json).not.toMatch(DANGEROUS);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });
});

describe('safeSentence', () => {
  it('is one line of 500 characters at the most', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(0, 470, 490, 499, 500, 600), (text, length) => {
        const sentence = safeSentence('x'.repeat(length) + text);
        expect(sentence.length).toBeLessThanOrEqual(500);
        expect(sentence).not.toMatch(DANGEROUS);
      }),
    );
  });

  it.each([
    ['x'.repeat(500), 'x'.repeat(500)],
    ['x'.repeat(501), `${'x'.repeat(499)}…`],
    [`${'x'.repeat(498)}😀${'x'.repeat(9)}`, `${'x'.repeat(498)}…`],
  ])('clips after a whole character', (text, shown) => {
    expect(clipped(text)).toBe(shown);
  });
});
