import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../../src/domain/item.ts';
import { sameItem, sameValue } from '../../../src/domain/same-item.ts';
import { anyItem, rewrittenItem } from '../../harness/any-item.ts';

describe('two items are the same', () => {
  it('however their sets are ordered, their numbers written and their attributes arranged', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        expect(sameItem(item, rewrittenItem(item))).toBe(true);
      }),
    );
  });

  it('and not, where one attribute is missing, more, or another', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        expect(sameItem(item, { ...item, another: { NULL: true } })).toBe(false);
        expect(sameItem({ ...item, another: { NULL: true } }, item)).toBe(false);
        for (const name of Object.keys(item)) {
          expect(sameItem(item, { ...item, [name]: { S: 'never made above, as it is long' } })).toBe(false);
        }
      }),
    );
  });

  it('or where there is none of them', () => {
    expect([sameItem(undefined, undefined), sameItem({}, undefined), sameItem(undefined, {})]).toEqual([true, false, false]);
    expect(sameItem({ toString: { S: 'a' } }, { valueOf: { S: 'a' } })).toBe(false);
  });
});

describe('two values are the same', () => {
  it.each<[AttributeValue, AttributeValue, boolean]>([
    [{ N: '1.50' }, { N: '15e-1' }, true],
    [{ N: '+1.5' }, { N: '1.5' }, true],
    [{ N: '-0' }, { N: '0' }, true],
    [{ N: '1000' }, { N: '1E3' }, true],
    [{ N: '12345678901234567890123456789012345678' }, { N: '12345678901234567890123456789012345679' }, false],
    [{ N: '1' }, { N: '-1' }, false],
    [{ N: '1' }, { S: '1' }, false],
    [{ NS: ['1', '20'] }, { NS: ['2e1', '1.0'] }, true],
    [{ SS: ['a', 'b'] }, { SS: ['a'] }, false],
    [{ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] }, false],
    [{ L: [{ N: '1' }] }, { L: [{ N: '1' }, { N: '1' }] }, false],
    [{ BOOL: true }, { BOOL: false }, false],
    [{ B: 'AA==' }, { B: 'AQ==' }, false],
  ])('%j %j: %s', (a, b, same) => {
    expect(sameValue(a, b)).toBe(same);
    expect(sameValue(b, a)).toBe(same);
  });
});
