import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChangeLine, parseItemLine } from '../../../../src/domain/export/data-line.ts';
import { exportLineWriter } from '../../../../src/domain/json/item-json.ts';
import { sameItem } from '../../../../src/domain/same-item.ts';
import { anyItem } from '../../../harness/any-item.ts';

const MICROS = '1680109764000000';
const metadata = `"Metadata":{"WriteTimestampMicros":{"N":"${MICROS}"}}`;
const key = { clientid: { S: 'a' } };
const [before, after] = [
  { ...key, n: { N: '1' } },
  { ...key, n: { N: '2' } },
];
const changeLine = (members: object) => `{${metadata},${JSON.stringify(members).slice(1)}`;

describe('a line of a full export', () => {
  it('gives back every item that was written', () => {
    const name = fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.constantFrom('__proto__', 'constructor', 'Item', '1'));
    const write = exportLineWriter('any');
    fc.assert(
      fc.property(anyItem(name), (item) => {
        fc.pre(Object.keys(item).length > 0);
        const read = parseItemLine(write(item));
        expect('item' in read && sameItem(read.item, item)).toBe(true);
      }),
    );
  });

  it.each([
    ['{"Item":{"a":{"S":"x"}}', 'is not JSON'],
    ['[]', 'is a list, not an object'],
    ['{"item":{}}', 'has no Item'],
    ['{"Item":{}}', 'has no Item'],
    ['{"Item":{"a":"x"}}', 'Item.a is a text, not an attribute value'],
    ['{"Item":{"a":{"S":1}}}', 'Item.a.S is 1, not a text'],
    ['{"Item":{"a":{"S":"x","N":"1"}}}', 'Item.a is not of one type'],
    [`{"Item":{"a":${'{"L":['.repeat(100)}${']}'.repeat(100)}}}`, /is more than 64 levels deep/],
    [`{"Item":{"a":${'{"L":['.repeat(40)}${']}'.repeat(40)}}}`, /is more than 32 levels deep/],
    ['{"Item":{"a":{"B":"!!!"}}}', 'Item.a is not base64'],
    ['{"Item":{"a":{"BS":["AA==","A"]}}}', 'Item.a[1] is not base64'],
    ['{"Item":{"a":{"SS":[]}}}', 'Item.a is an empty set'],
    ['{"Item":{"a":{"NS":["1","1"]}}}', 'Item.a is a set with an element twice'],
    ['{"Item":{"a":{"NULL":false}}}', 'Item.a is NULL and false'],
    [`{"Item":{"a":{"N":"${'1'.repeat(39)}"}}}`, 'Item.a has more than 38 digits'],
    ['{"Item":{"a":{"M":{"b":{"N":"1e126"}}}}}', 'Item.a.b is beyond the range of a number'],
    ['{"Item":{"a":{"N":"0.1e-130"}}}', 'Item.a is beyond the range of a number'],
  ])('is refused: %s', (line, fault) => {
    const read = parseItemLine(line);
    expect('fault' in read ? read.fault : read).toEqual(typeof fault === 'string' ? fault : expect.stringMatching(fault));
  });
});

it.each(['0', '-0', '1e125', '9.9e125', '1e-130', '0.000', `${'9'.repeat(38)}0000`, `-0.${'0'.repeat(129)}1`])(
  'takes the number %s, as DynamoDB does',
  (digits) => {
    expect(parseItemLine(`{"Item":{"a":{"N":"${digits}"}}}`)).toEqual({ item: { a: { N: digits } } });
  },
);

describe('a line of an incremental export', () => {
  it.each([
    ['an insert', { Keys: key, NewImage: after }, { before: undefined, after }],
    ['an update', { Keys: key, OldImage: before, NewImage: after }, { before, after }],
    ['a delete', { Keys: key, OldImage: before }, { before, after: undefined }],
    ['a delete without images', { Keys: key }, { before: undefined, after: undefined }],
    ['a delete with an empty image', { Keys: key, NewImage: {} }, { before: undefined, after: undefined }],
    ['a delete with null for an image', { Keys: key, OldImage: before, NewImage: null }, { before, after: undefined }],
  ])('tells %s', (_case, members, images) => {
    expect(parseChangeLine(changeLine(members))).toEqual({ change: { micros: MICROS, key, ...images } });
  });

  it.each([
    [`{${metadata}}`, 'has no Keys'],
    [JSON.stringify({ Keys: key, NewImage: after }), 'has no Metadata.WriteTimestampMicros'],
    [
      JSON.stringify({ Metadata: { WriteTimestampMicros: 1 }, Keys: key }),
      'Metadata.WriteTimestampMicros is 1, not an attribute value',
    ],
    [changeLine({ Keys: key, NewImage: { a: 1 } }), 'NewImage.a is 1, not an attribute value'],
  ])('is refused: %s', (line, fault) => {
    expect(parseChangeLine(line)).toEqual({ fault });
  });
});
