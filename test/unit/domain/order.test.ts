import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { n, s } from '../../../src/domain/item.ts';
import { Best, compareValues } from '../../../src/domain/order.ts';

describe('values in order', () => {
  it.each([
    [n(9), n(10)],
    [n('-5'), n('0.5')],
    [n('12345678901234567890123456789012345677'), n('12345678901234567890123456789012345678')],
    [s('B'), s('a')],
    [n(10), s('1')],
    [{ BOOL: false }, { BOOL: true }],
  ])('%j comes before %j', (a, b) => {
    expect(compareValues(a, b)).toBeLessThan(0);
    expect(compareValues(b, a)).toBeGreaterThan(0);
    expect(compareValues(a, a)).toBe(0);
  });
});

describe('the best of many', () => {
  it('are the first ones of all of them in a stable order, whatever the limit', () => {
    const many = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat()), { maxLength: 60 });
    fc.assert(
      fc.property(many, fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(Infinity)), (values, limit) => {
        const compare = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];
        const best = new Best(limit, compare);
        for (const value of values) best.add(value);
        expect(best.inOrder()).toEqual(values.toSorted(compare).slice(0, limit));
      }),
    );
  });
});
