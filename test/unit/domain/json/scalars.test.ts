import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, isInRange, isNumber } from '../../../../src/domain/json/scalars.ts';

describe('the value of a number', () => {
  it.each([
    ['0', '', 0],
    ['-0.00e7', '', 0],
    ['1', '1', 0],
    ['+1.50', '15', 0],
    ['15e-1', '15', 0],
    ['1000', '1', 3],
    ['.001E2', '1', -1],
    ['12.', '12', 1],
  ])('%s', (text, digits, magnitude) => {
    const value = decimalOf(text);
    expect(value?.digits).toBe(digits);
    if (digits !== '') expect(value?.magnitude).toBe(magnitude);
  });

  it('is the one that JavaScript reads, for every double; there is one zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const { negative, digits, magnitude } = decimalOf(String(number)) ?? { negative: false, digits: 'none', magnitude: 0 };
        const [first = '0', ...others] = digits;
        expect(Number(`${negative ? '-' : ''}${first}.${others.join('')}e${digits === '' ? 0 : magnitude}`)).toBe(number + 0);
      }),
    );
  });

  it.each(['', '.', '+', '-.', 'e5', '1e', '1e+', '.e1', '1.2.3', ' 1', '1 ', '0x1', 'NaN', 'Infinity', '١'])(
    '"%s" has none',
    (text) => {
      expect(decimalOf(text)).toBeUndefined();
      expect(isNumber(text)).toBe(false);
    },
  );

  it('is in range from 1E-130 to 9.9E+125, and at zero', () => {
    const inRange = ['0', '0e999', '1e-130', '-9.9e125', '0.1e-129', '1e-131', '1e126', '10e125', '-0.1e-130'].map((text) => {
      const value = decimalOf(text);
      return value !== undefined && isInRange(value);
    });
    expect(inRange).toEqual([true, true, true, true, true, false, false, false, false]);
  });
});
