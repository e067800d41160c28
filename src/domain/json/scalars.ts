/** A number as JSON and DynamoDB write it: sign, digits before and behind the point, and a power of ten. */
const NUMBER = /^([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** DynamoDB's limits for a number. Source: DynamoDB developer guide, "Data types". */
export const MAX_DIGITS = 38;
const EXPONENTS = { least: -130, greatest: 125 };

/**
 * The value of a number, however it is written: its significant digits, of which neither the first nor the last is 0, and the
 * power of ten that the first one stands for. Zero has no digits.
 */
export type Decimal = { negative: boolean; digits: string; magnitude: number };

/** The value of a number; undefined for a text that is none. */
export function decimalOf(text: string): Decimal | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', part = '', exponent = '0'] = match;
  const all = (whole + part).replace(/^0+/, '');
  return {
    negative: sign === '-',
    digits: all.replace(/0+$/, ''),
    magnitude: Number(exponent) - part.length + all.length - 1,
  };
}

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether DynamoDB holds a number of this size; it holds MAX_DIGITS of its digits. */
export function isInRange({ digits, magnitude }: Decimal): boolean {
  return digits === '' || (magnitude >= EXPONENTS.least && magnitude <= EXPONENTS.greatest);
}

export function isBase64(text: string): boolean {
  return BASE64.test(text);
}
