import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { itemJson, plainJson, typedJson } from '../../../../src/domain/json/plain-json.ts';
import { anyText } from '../../../harness/texts.ts';

const DIGITS = '12345678901234567890123456789012345678';

describe('values', () => {
  it.each<[AttributeValue, string, string]>([
    [{ S: 'a"\n' }, '"a\\"\\n"', '{"S":"a\\"\\n"}'],
    [{ N: DIGITS }, DIGITS, `{"N":"${DIGITS}"}`],
    [{ N: '-0.10' }, '-0.10', '{"N":"-0.10"}'],
    [{ N: '1E+3' }, '1E+3', '{"N":"1E+3"}'],
    [{ N: '007' }, '"007"', '{"N":"007"}'],
    [{ B: '/+A=' }, '"/+A="', '{"B":"/+A="}'],
    [{ BOOL: false }, 'false', '{"BOOL":false}'],
    [{ NULL: true }, 'null', '{"NULL":true}'],
    [{ SS: ['b', 'a', 'B'] }, '["B","a","b"]', '{"SS":["B","a","b"]}'],
    [{ NS: ['10', '9', '-1', '9.5'] }, '[-1,9,9.5,10]', '{"NS":["-1","9","9.5","10"]}'],
    [{ BS: ['Qg==', 'QQ=='] }, '["QQ==","Qg=="]', '{"BS":["QQ==","Qg=="]}'],
    [{ L: [{ N: '2' }, { S: 'x' }, { NULL: true }] }, '[2,"x",null]', '{"L":[{"N":"2"},{"S":"x"},{"NULL":true}]}'],
    [{ M: { b: { N: '1' }, a: { L: [] } } }, '{"a":[],"b":1}', '{"M":{"a":{"L":[]},"b":{"N":"1"}}}'],
  ])('%j', (value, plain, typed) => {
    expect(plainJson(value)).toBe(plain);
    expect(typedJson(value)).toBe(typed);
  });

  it.each([
    [`${DIGITS.slice(0, -1)}9`, DIGITS],
    ['100000000000000000000', '99999999999999999999'],
    ['0.10000000000000000001', '0.1'],
    ['-0.1', '-0.10000000000000000001'],
    ['-99999999999999999999', '-100000000000000000000'],
  ])('sets of numbers that a double cannot tell apart are in order: %s is larger than %s', (large, small) => {
    expect(plainJson({ NS: [large, small] })).toBe(`[${small},${large}]`);
    expect(plainJson({ NS: [small, large] })).toBe(`[${small},${large}]`);
  });

  it('come back from the typed form as they were', () => {
    const text = anyText(8);
    const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text.map((S) => ({ S })),
        fc.bigInt().map((number) => ({ N: String(number) })),
        fc.uint8Array().map((bytes) => ({ B: Buffer.from(bytes).toString('base64') })),
        fc.boolean().map((BOOL) => ({ BOOL })),
        fc.constant({ NULL: true }),
        fc.uniqueArray(text, { minLength: 1 }).map((set) => ({ SS: set.sort() })),
        fc.array(tie('value'), { maxLength: 3 }).map((L) => ({ L })),
        fc.dictionary(text, tie('value'), { maxKeys: 3 }).map((M) => ({ M })),
      ),
    }));
    fc.assert(
      fc.property(value, (typed) => {
        expect(JSON.parse(typedJson(typed))).toEqual(JSON.parse(JSON.stringify(typed)));
        JSON.parse(plainJson(typed));
      }),
    );
  });
});

describe('items', () => {
  const item: Item = { b: { N: '2' }, a: { N: '1' }, msgid: { S: 'm' } };

  it('have the named attributes first and the others by name', () => {
    expect(itemJson(item, ['msgid', 'topic'], plainJson)).toBe('{"msgid":"m","a":1,"b":2}');
    expect(itemJson({}, ['msgid'], plainJson)).toBe('{}');
  });

  it('keep attributes that every object has', () => {
    const odd = JSON.parse('{"__proto__":{"S":"x"},"constructor":{"N":"1"}}') as Item;
    expect(itemJson(odd, ['toString'], typedJson)).toBe('{"__proto__":{"S":"x"},"constructor":{"N":"1"}}');
    expect(plainJson({ M: odd })).toBe('{"__proto__":"x","constructor":1}');
  });
});
