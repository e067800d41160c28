import { base64ByteLength, utf8ByteLength } from './mqtt/bytes.ts';

/** A typed attribute value in DynamoDB's own JSON form: numbers as text, binary as base64. Nothing is lost in it. */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] }
  | { M: Item }
  | { L: AttributeValue[] }
  | { BOOL: boolean }
  | { NULL: boolean };

export type Item = { [attribute: string]: AttributeValue };

export const s = (value: string): AttributeValue => ({ S: value });
export const n = (value: number | bigint | string): AttributeValue => ({ N: String(value) });

/** An item's own attribute. Attributes may be called anything, `constructor` too. */
export function attributeOf(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** The text of a string attribute; undefined when it is missing or of another type. */
export function textOf(item: Item, attribute: string): string | undefined {
  const value = item[attribute];
  return value !== undefined && 'S' in value ? value.S : undefined;
}

/** The digits of a number attribute; undefined when it is missing or of another type. */
export function numberOf(item: Item, attribute: string): string | undefined {
  const value = item[attribute];
  return value !== undefined && 'N' in value ? value.N : undefined;
}

/** The elements of a string set; empty when it is missing or of another type. */
export function setOf(item: Item, attribute: string): readonly string[] {
  const value = item[attribute];
  return value !== undefined && 'SS' in value ? value.SS : [];
}

/** DynamoDB's largest item, in bytes of names and values together. */
export const MAX_ITEM_BYTES = 409_600;

const WRITE_UNIT_BYTES = 1_024;

/** Write capacity units that a write of so many bytes costs. Source: DynamoDB developer guide, "Read and write operations". */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

/**
 * Size of an item as DynamoDB counts it, in bytes: UTF-8 names and values, sets without overhead per element,
 * 3 bytes plus 1 per element for lists and maps. Source: DynamoDB developer guide, "Item sizes and formats".
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (value !== undefined) bytes += utf8ByteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return utf8ByteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return base64ByteLength(value.B);
  if ('SS' in value) return sum(value.SS, utf8ByteLength);
  if ('NS' in value) return sum(value.NS, numberBytes);
  if ('BS' in value) return sum(value.BS, base64ByteLength);
  if ('L' in value) return 3 + sum(value.L, (element) => 1 + valueBytes(element));
  if ('M' in value) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

function sum<T>(values: readonly T[], size: (value: T) => number): number {
  return values.reduce((bytes, value) => bytes + size(value), 0);
}

const SMALL_INTEGER = /^[1-9]\d*$/;

/** One byte per two significant digits, one for the exponent, one more for a minus sign. */
function numberBytes(digits: string): number {
  if (SMALL_INTEGER.test(digits)) return Math.ceil(withoutZeros(digits) / 2) + 1;
  const significant = digits
    .replace(/^-/, '')
    .replace(/e.*$/i, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(significant.length / 2) + 1 + (digits.startsWith('-') ? 1 : 0);
}

/** Length of a whole number without the zeros at its end. */
function withoutZeros(digits: string): number {
  let length = digits.length;
  while (digits.charCodeAt(length - 1) === 0x30) length -= 1;
  return length;
}
