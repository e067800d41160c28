import { describe, expect, it } from 'vitest';
import { AbsentFields } from '../../../src/domain/absent-fields.ts';
import { s, type Item } from '../../../src/domain/item.ts';

const items: Item[] = [{ topic: s('a') }, { topic: s('b'), qos: s('1') }];

function sentences(fields: string[], seen = items, whole = seen): string[] {
  const absent = new AbsentFields(fields);
  absent.see(seen);
  return absent.sentences(whole);
}

describe('a field that somebody asked for', () => {
  it.each([
    [['topic'], []],
    [['topic', 'qos'], []],
    [['tpoic'], ['none of the 2 items has an attribute "tpoic". Did you mean topic? Attributes seen: qos, topic.']],
    [
      ['x1', 'qos', 'x2'],
      [
        'none of the 2 items has an attribute "x1". Attributes seen: qos, topic.',
        'none of the 2 items has an attribute "x2". Attributes seen: qos, topic.',
      ],
    ],
  ] as const)('%j', (fields, said) => {
    expect(sentences([...fields])).toEqual(said);
  });

  it('is not missed where there was no item, and told of one item in its own words', () => {
    expect(sentences(['nope'], [])).toEqual([]);
    expect(sentences(['nope'], items.slice(0, 1))).toEqual(['the item has no attribute "nope". Attributes seen: topic.']);
  });

  it('does not list more attributes than a person reads', () => {
    const many = [Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`a${at}`, s('')]))];
    expect(sentences(['nope'], many)[0]).toMatch(/, a4 and 5 more\.$/);
  });

  it('may have a name that every object has', () => {
    expect(sentences(['constructor'])).toHaveLength(1);
  });
});
