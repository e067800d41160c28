import { describe, expect, it } from 'vitest';
import { keyValue, parseSortKey, type KeyAttribute } from '../../../../src/domain/expression/key.ts';
import { Placeholders } from '../../../../src/domain/expression/placeholders.ts';

const TOPIC: KeyAttribute = { name: 'topic', type: 'S' };
const TIME: KeyAttribute = { name: 'time', type: 'N' };
const HASH: KeyAttribute = { name: 'hash', type: 'B' };

function parsed(text: string, attribute: KeyAttribute) {
  const placeholders = new Placeholders();
  const condition = parseSortKey(text, attribute, placeholders);
  return { ...condition, values: Object.values(placeholders.members().ExpressionAttributeValues ?? {}) };
}

describe('parseSortKey', () => {
  it.each([
    ['< b', '#n0 < :v0', ['b']],
    ['<=b', '#n0 <= :v0', ['b']],
    ['> b c', '#n0 > :v0', ['b c']],
    ['begins_with panel-', 'begins_with(#n0, :v0)', ['panel-']],
    ["begins_with 'panel '", 'begins_with(#n0, :v0)', ['panel ']],
    ['BEGINS_WITH(panel-)', 'begins_with(#n0, :v0)', ['panel-']],
    ["begins_with ( 'a)' )", 'begins_with(#n0, :v0)', ['a)']],
    ['between a and b', '#n0 BETWEEN :v0 AND :v1', ['a', 'b']],
    ["Between 'a and b' AND 'c and d'", '#n0 BETWEEN :v0 AND :v1', ['a and b', 'c and d']],
    ["between \"it's\" and 'it''s'", '#n0 BETWEEN :v0 AND :v1', ["it's", "it's"]],
  ])('%s', (text, expression, values) => {
    expect(parsed(text, TOPIC)).toEqual({ expression, values: values.map((value) => ({ S: value })) });
  });

  it.each([
    ['= plant/a', 'plant/a'],
    ['== plant/a', 'plant/a'],
    ["= 'a b '", 'a b '],
    [`= "a'b"`, "a'b"],
    ['= a=b', 'a=b'],
    [`= 'a' or 'b'`, `'a' or 'b'`],
  ])('%s names one item', (text, value) => {
    expect(parsed(text, TOPIC)).toEqual({ expression: '#n0 = :v0', equals: { S: value }, values: [{ S: value }] });
  });

  it.each<[string, KeyAttribute, string]>([
    ['', TOPIC, '--sort-key: use'],
    ['plant/a', TOPIC, '--sort-key: use'],
    ['>=', TOPIC, '--sort-key: use'],
    ['=> a', TOPIC, '--sort-key: use'],
    ['between a', TOPIC, '--sort-key: use'],
    ['<> a', TOPIC, '--sort-key: a sort key cannot be compared with <>'],
    ["= 'a", TOPIC, '--sort-key: this quote is never closed'],
    ['= a', TIME, '--sort-key: time is a number, "a" is not'],
    ['between 1 and x', TIME, '--sort-key: time is a number, "x" is not'],
    ['= ä', HASH, '--sort-key: hash is binary; write it in base64'],
  ])('refuses %j', (text, attribute, message) => {
    expect(() => parsed(text, attribute)).toThrow(message);
  });
});

describe('keyValue', () => {
  it.each<[KeyAttribute, string, object]>([
    [TOPIC, '12', { S: '12' }],
    [TIME, '12', { N: '12' }],
    [TIME, '-1.5e-7', { N: '-1.5e-7' }],
    [TIME, '12345678901234567890123456789012345678', { N: '12345678901234567890123456789012345678' }],
    [HASH, 'AAE=', { B: 'AAE=' }],
  ])('%j %s', (attribute, text, value) => {
    expect(keyValue(attribute, text, 'KEY')).toEqual(value);
  });

  it.each([
    [TIME, ''],
    [TIME, '1e'],
    [TIME, 'Infinity'],
    [TIME, '0x1'],
    [HASH, ''],
    [HASH, '===='],
  ] as [KeyAttribute, string][])('refuses %j %s', (attribute, text) => {
    expect(() => keyValue(attribute, text, 'KEY')).toThrow(/^KEY: /);
  });
});
