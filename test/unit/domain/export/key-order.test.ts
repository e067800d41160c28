import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderKey } from '../../../../src/domain/export/key-order.ts';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { anyText } from '../../../harness/texts.ts';

/** Texts that begin with each other, hold NUL and what the encoding itself is made of. */
const text = fc.oneof(
  anyText(6),
  fc
    .array(fc.constantFrom('\0', '\x01', '\xff', 'a', 'b', '/', '\u{10ffff}', '\uffff'), { maxLength: 5 })
    .map((all) => all.join('')),
);
const binary = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 254, 255), fc.integer({ min: 0, max: 255 })), { maxLength: 5 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const digits = fc.oneof(
  fc.constantFrom('', '0', '00', '1', '9', '10', '12', '123', '99', '12345678901234567890123456789012345678'),
  fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }).map(String),
);
const number = fc
  .tuple(fc.constantFrom('', '-', '+'), digits, digits, fc.option(fc.integer({ min: -130, max: 125 })), fc.boolean())
  .filter(([, whole, part]) => whole !== '' || part !== '')
  .map(([sign, whole, part, exponent, point]) => {
    const fraction = part === '' && !point ? '' : `.${part}`;
    return `${sign}${whole}${fraction}${exponent === null ? '' : `e${exponent}`}`;
  });

/** The value of a number times 10^400, which is whole. */
function scaled(written: string): bigint {
  const [, sign, whole, part = '', exponent = '0'] = /^([-+]?)(\d*)\.?(\d*)(?:e(-?\d+))?$/.exec(written)!;
  const value = BigInt(`0${whole}${part}`) * 10n ** BigInt(400 + Number(exponent) - part.length);
  return sign === '-' ? -value : value;
}

const signOf = (a: bigint | string, b: bigint | string) => (a < b ? -1 : a > b ? 1 : 0);

/** What the order of two key values is, told the long way. */
function compareValues(a: AttributeValue, b: AttributeValue): number {
  if ('N' in a && 'N' in b) return signOf(scaled(a.N), scaled(b.N));
  if ('S' in a && 'S' in b) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if ('B' in a && 'B' in b) return Buffer.compare(Buffer.from(a.B, 'base64'), Buffer.from(b.B, 'base64'));
  throw new Error('of two types');
}

const VALUES = {
  S: text.map((S): AttributeValue => ({ S })),
  N: number.map((N): AttributeValue => ({ N })),
  B: binary.map((B): AttributeValue => ({ B })),
};
const type = fc.constantFrom('S' as const, 'N' as const, 'B' as const);

describe('orderKey', () => {
  it('orders keys of any types by partition key, then by sort key, and tells all but equal keys apart', () => {
    const pair = fc
      .tuple(type, type)
      .chain(([first, second]) => fc.tuple(fc.constantFrom(first), VALUES[first], VALUES[first], VALUES[second], VALUES[second]));
    let equal = 0;
    fc.assert(
      fc.property(pair, fc.boolean(), ([, p1, p2, s1, s2], samePartition) => {
        const [a, b]: Item[] = [
          { p: p1, s: s1 },
          { p: samePartition ? p1 : p2, s: s2 },
        ];
        const want = compareValues(a!['p']!, b!['p']!) || compareValues(a!['s']!, b!['s']!);
        const [one, other] = [orderKey(['p', 's'], a!), orderKey(['p', 's'], b!)];
        expect(one).toMatch(/^[\0-\xff]*$/);
        if (want === 0) {
          equal += 1;
          expect(one === other).toBe(JSON.stringify(a) === JSON.stringify(b));
        } else expect(signOf(one, other)).toBe(want);
      }),
      { numRuns: 5_000 },
    );
    expect(equal).toBeGreaterThan(20);
  });

  it.each([
    ['-12', '-123', 1],
    ['-1e-130', '0', -1],
    ['1e-130', '0', 1],
    ['9.9e125', '1e125', 1],
    ['2', '10', -1],
    ['-2', '-10', 1],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345677', 1],
    ['0.1', '0.09999999999999999999999999999999999999', 1],
  ])('%s and %s: %d', (a, b, want) => {
    expect(signOf(orderKey(['id'], { id: { N: a } }), orderKey(['id'], { id: { N: b } }))).toBe(want);
  });

  it('keeps numbers of one value beside each other, whatever their sort key, and tells them apart in the end', () => {
    const item = (id: string, at: string): Item => ({ id: { N: id }, at: { S: at } });
    const inOrder = [item('1', 'a'), item('1.0', 'a'), item('1', 'b'), item('10e-1', 'b'), item('1.1', 'a')];
    expect(inOrder.toReversed().sort((a, b) => signOf(orderKey(['id', 'at'], a), orderKey(['id', 'at'], b)))).toEqual(inOrder);
  });

  it('puts an item without its key first', () => {
    expect(orderKey(['id'], {})).toBe('');
    expect(orderKey(['constructor'], {})).toBe('');
    expect(orderKey(['id'], { id: { BOOL: true } })).toBe('');
  });
});
