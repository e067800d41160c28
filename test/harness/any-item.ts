import * as fc from 'fast-check';
import type { AttributeValue, Item } from '../../src/domain/item.ts';

/** Numbers as DynamoDB gives them back, up to its 38 digits. */
export const DIGITS: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(
    '0',
    '12345678901234567890123456789012345678',
    '-0.1',
    '1234567890.5',
    '99999999999999999999999999999999999999',
  ),
);
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '{"S":"x"}', '1', 'ü', '\u0000', '"'));
const base64 = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const setOf = (element: fc.Arbitrary<string>) => fc.uniqueArray(element, { minLength: 1, maxLength: 4 });

/** A value of any of DynamoDB's ten types; `name` makes the names inside of maps. */
export function anyValue(name: fc.Arbitrary<string> = fc.string({ minLength: 1, maxLength: 4 })): fc.Arbitrary<AttributeValue> {
  return fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      text.map((S) => ({ S })),
      DIGITS.map((N) => ({ N })),
      base64.map((B) => ({ B })),
      fc.boolean().map((BOOL) => ({ BOOL })),
      fc.constant({ NULL: true }),
      setOf(fc.string({ minLength: 1 })).map((SS) => ({ SS })),
      setOf(DIGITS).map((NS) => ({ NS })),
      setOf(base64).map((BS) => ({ BS })),
      fc.array(tie('value'), { maxLength: 3 }).map((L) => ({ L })),
      fc
        .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 3, selector: ([each]) => each })
        .map((all) => ({ M: named(all) })),
    ),
  })).value;
}

export function anyItem(name: fc.Arbitrary<string> = fc.string({ minLength: 1, maxLength: 4 })): fc.Arbitrary<Item> {
  return fc.uniqueArray(fc.tuple(name, anyValue(name)), { maxLength: 5, selector: ([each]) => each }).map(named);
}

/** Object.fromEntries, under every name. */
function named(entries: readonly (readonly [string, AttributeValue])[]): Item {
  return Object.fromEntries(entries);
}

/** The same value written otherwise: sets in another order, numbers in another notation. */
export function rewritten(value: AttributeValue): AttributeValue {
  if ('N' in value) return { N: otherNotation(value.N) };
  if ('SS' in value) return { SS: value.SS.toReversed() };
  if ('NS' in value) return { NS: value.NS.toReversed().map(otherNotation) };
  if ('BS' in value) return { BS: value.BS.toReversed() };
  if ('L' in value) return { L: value.L.map(rewritten) };
  return 'M' in value ? { M: rewrittenItem(value.M) } : value;
}

export function rewrittenItem(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item)
      .toReversed()
      .map(([name, value]) => [name, rewritten(value)]),
  );
}

function otherNotation(digits: string): string {
  return digits.includes('.') ? `${digits}0` : `${digits}0e-1`;
}
