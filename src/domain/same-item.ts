import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue, Item } from './item.ts';
import { decimalOf } from './json/scalars.ts';

/** Whether DynamoDB would call two items equal: sets have no order, and a number is its value, however it is written. */
export function sameItem(a: Item | undefined, b: Item | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]));
}

export function sameValue(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('N' in a && 'N' in b) return sameNumber(a.N, b.N);
  if ('SS' in a && 'SS' in b) return isDeepStrictEqual(new Set(a.SS), new Set(b.SS));
  if ('BS' in a && 'BS' in b) return isDeepStrictEqual(new Set(a.BS), new Set(b.BS));
  if ('NS' in a && 'NS' in b) return isDeepStrictEqual(new Set(a.NS.map(plainDigits)), new Set(b.NS.map(plainDigits)));
  if ('M' in a && 'M' in b) return sameItem(a.M, b.M);
  if ('L' in a && 'L' in b) {
    const others = b.L;
    return a.L.length === others.length && a.L.every((element, index) => sameValue(element, others[index]));
  }
  return isDeepStrictEqual(a, b);
}

function sameNumber(a: string, b: string): boolean {
  return a === b || plainDigits(a) === plainDigits(b);
}

/** A number as sign, significant digits and exponent: `1.50`, `15e-1` and `+1.5` are one. */
export function plainDigits(text: string): string {
  const value = decimalOf(text);
  if (value === undefined) return text;
  const { negative, digits, magnitude } = value;
  return digits === '' ? '0' : `${negative ? '-' : ''}${digits}e${magnitude - digits.length + 1}`;
}
