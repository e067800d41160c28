import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { plainWriter, typedWriter } from '../../../../src/domain/json/item-json.ts';
import { itemJson, plainJson, typedJson } from '../../../../src/domain/json/plain-json.ts';

const name = fc.oneof(
  fc.constantFrom('msgid', 'topic', 'qos', '1', '10', '__proto__', 'constructor', 'a"b', 'ü'),
  fc.string({ maxLength: 5 }),
);
const digits = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1',
    '1.0',
    '0.1',
    '1e21',
    '12345678901234567890',
    '99999999999999999999999999999999999999',
    '1E+3',
    'x',
  ),
  fc.integer().map(String),
  fc.double().map(String),
);
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '"\\\n', '\u2028'));
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text.map((S) => ({ S })),
    digits.map((N) => ({ N })),
    fc.base64String().map((B) => ({ B })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant({ NULL: true }),
    fc.array(text).map((SS) => ({ SS })),
    fc.array(digits).map((NS) => ({ NS })),
    fc.array(fc.base64String()).map((BS) => ({ BS })),
    fc.array(tie('value')).map((L) => ({ L })),
    fc.array(fc.tuple(name, tie('value'))).map((entries) => ({ M: itemOf(entries) })),
  ),
}));
const item = fc.array(fc.tuple(name, value), { maxLength: 8 }).map(itemOf);

/** As JSON.parse builds it: `__proto__` is a name like any other. */
function itemOf(entries: readonly (readonly [string, AttributeValue])[]): Item {
  return Object.fromEntries(entries);
}

describe.each([
  ['plainWriter', plainWriter, plainJson],
  ['typedWriter', typedWriter, typedJson],
])('%s', (_, writer, exact) => {
  it('writes what the exact way writes, whatever came before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.array(item), (order, items) => {
        const write = writer(order);
        for (const one of [...items, ...items]) expect(write(one)).toBe(itemJson(one, order, exact));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('plainWriter', () => {
  it('keeps every digit that DynamoDB holds', () => {
    const write = plainWriter(['n']);
    for (const N of ['12345678901234567890', '0.10', '1E+3', '99999999999999999999999999999999999999']) {
      expect(write({ n: { N } })).toBe(`{"n":${N}}`);
    }
  });
});
