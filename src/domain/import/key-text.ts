import type { KeyPart } from '../export/keys.ts';
import { attributeOf, type Item } from '../item.ts';
import { plainDigits } from '../same-item.ts';

/** The key of an item as a text. Two items have the same text where DynamoDB takes one for the other: a number is its value. */
export function importKeyText(item: Item, parts: readonly KeyPart[]): string {
  const [first = '', second] = parts.map(({ name }) => {
    const value = attributeOf(item, name);
    if (value === undefined) return '';
    return 'S' in value ? value.S : 'N' in value ? plainDigits(value.N) : 'B' in value ? value.B : '';
  });
  return second === undefined ? first : `${first.length}:${first}${second}`;
}
