import { describe, expect, it } from 'vitest';
import {
  attributeOf,
  itemBytes,
  MAX_ITEM_BYTES,
  numberOf,
  setOf,
  textOf,
  type AttributeValue,
  type Item,
} from '../../../src/domain/item.ts';

describe('itemBytes', () => {
  it.each<[AttributeValue, number]>([
    [{ S: '' }, 0],
    [{ S: 'abc' }, 3],
    [{ S: 'ä€😀' }, 9],
    [{ N: '0' }, 1],
    [{ N: '7' }, 2],
    [{ N: '12' }, 2],
    [{ N: '123' }, 3],
    [{ N: '-123' }, 4],
    [{ N: '1500' }, 2],
    [{ N: '0.0012' }, 2],
    [{ N: '12.34' }, 3],
    [{ N: '1E+3' }, 2],
    [{ N: '1'.repeat(38) }, 20],
    [{ B: 'AAECAw==' }, 4],
    [{ SS: ['ab', 'c'] }, 3],
    [{ NS: ['1', '22'] }, 4],
    [{ BS: ['AA==', 'AAE='] }, 3],
    [{ BOOL: true }, 1],
    [{ NULL: true }, 1],
    [{ L: [] }, 3],
    [{ L: [{ S: 'ab' }, { BOOL: false }] }, 8],
    [{ M: {} }, 3],
    [{ M: { k: { S: 'ab' } } }, 7],
  ])('%j adds %i', (value, bytes) => {
    expect(itemBytes({ attribute: value })).toBe(9 + bytes);
  });

  it('counts names in UTF-8 and every attribute', () => {
    expect(itemBytes({ ä: { S: 'x' }, b: { NULL: true } })).toBe(5);
    expect(itemBytes({})).toBe(0);
  });

  it.each([
    [8_714, true],
    [8_715, false],
  ])('%i ids in the row of testtopic fit: %s', (count, fit) => {
    const row: Item = { topic: { S: 'testtopic' }, MsgId: { SS: Array.from({ length: count }, () => 'M'.repeat(47)) } };
    expect(itemBytes(row) <= MAX_ITEM_BYTES).toBe(fit);
  });
});

describe('attributes', () => {
  const item: Item = { text: { S: 'a' }, number: { N: '1' }, set: { SS: ['a'] } };

  it('are read by their type', () => {
    expect([textOf(item, 'text'), textOf(item, 'number'), textOf(item, 'none')]).toEqual(['a', undefined, undefined]);
    expect([numberOf(item, 'number'), numberOf(item, 'text'), numberOf(item, 'none')]).toEqual(['1', undefined, undefined]);
    expect([setOf(item, 'set'), setOf(item, 'text'), setOf(item, 'none')]).toEqual([['a'], [], []]);
  });

  it('are own ones', () => {
    expect(attributeOf({}, 'constructor')).toBeUndefined();
    expect(attributeOf(JSON.parse('{"__proto__":{"S":"x"}}') as Item, '__proto__')).toEqual({ S: 'x' });
  });
});
