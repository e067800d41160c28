import { attributeOf, type AttributeValue, type Item } from '../item.ts';
import { decimalOf } from '../json/scalars.ts';

/** Stands between the parts of a key, below whatever a part may go on with: a NUL inside of a part is followed by 0xFF. */
const END = '\0\x01';

/** Far beyond the exponents that DynamoDB holds, -130 to 125. */
const EXPONENT_LIMIT = 0x7fff;

/**
 * The key of an item as a text of one character a byte (latin1), whose plain order is the order of the keys: by the first of the
 * named attributes, then by the next one. Text goes by its UTF-8 bytes and binary by its bytes, as DynamoDB itself sorts, numbers
 * go by their exact value. Numbers of one value that are written differently go by their text in the end, so that only equal
 * keys have equal texts. An attribute that is missing or cannot be a key comes first.
 */
export function orderKey(names: readonly string[], item: Item): string {
  const values = names.map((name) => attributeOf(item, name));
  const written = values.flatMap((value) => (value !== undefined && 'N' in value ? [value.N] : []));
  return [...values.map(valueBytes), ...written].map(escaped).join(END);
}

function valueBytes(value: AttributeValue | undefined): string {
  if (value === undefined) return '';
  if ('S' in value) return textBytes(value.S);
  if ('N' in value) return numberBytes(value.N);
  return 'B' in value ? Buffer.from(value.B, 'base64').toString('latin1') : '';
}

/** Text of ASCII alone is its own bytes. */
function textBytes(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}

/** Sign, exponent and significant digits; of a negative number each the other way round. */
function numberBytes(text: string): string {
  const value = decimalOf(text);
  if (value === undefined || value.digits === '') return '1';
  const { negative, digits, magnitude } = value;
  const biased = EXPONENT_LIMIT + Math.max(-EXPONENT_LIMIT, Math.min(EXPONENT_LIMIT, magnitude));
  const bytes = [biased >> 8, biased & 255, ...Buffer.from(digits, 'latin1')];
  if (!negative) return `2${String.fromCharCode(...bytes)}`;
  // behind its digits the shorter one of two negative numbers is the greater one
  return `0${String.fromCharCode(...bytes.map((byte) => 255 - byte), 255)}`;
}

function escaped(bytes: string): string {
  return bytes.includes('\0') ? bytes.replaceAll('\0', '\0\xff') : bytes;
}
