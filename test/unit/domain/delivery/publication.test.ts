import { describe, expect, it } from 'vitest';
import { packetBytes, publicationOf } from '../../../../src/domain/delivery/publication.ts';
import { n, s, type Item } from '../../../../src/domain/item.ts';
import { FilterIndex } from '../../../../src/domain/mqtt/filter-index.ts';

const item: Item = { topic: s('a/b'), qos: n(1), payload: s('é') };
const place = { topic: 'a/b', msgid: 'id', retain: false };

describe('a stored message as a publication', () => {
  it('has the bytes that are stored', () => {
    expect(publicationOf(item, place)).toEqual({ ...place, qos: 1, payload: Buffer.from('é') });
  });

  it.each<[string, Item, object]>([
    ['message_unreadable', { ...item, payload: n(1) }, {}],
    ['message_unreadable', { ...item, payload: { B: 'AP8=' } }, {}],
    ['message_unreadable', { ...item, qos: n(3) }, {}],
    ['message_unreadable', { ...item, qos: s('1') }, {}],
    ['message_unreadable', { qos: n(1), payload: s('') }, {}],
    ['other_topic', item, { topic: 'a/c' }],
    ['invalid_topic', { ...item, topic: s('a/+') }, { topic: 'a/+' }],
    ['invalid_topic', { ...item, topic: s('$SYS/x') }, { topic: '$SYS/x' }],
    ['retained_empty', { ...item, payload: s('') }, { retain: true }],
  ])('%s: %j', (fault, stored, more) => {
    expect(publicationOf(stored, { ...place, ...more })).toEqual({ fault });
  });

  it('an empty message that is not retained is one', () => {
    expect(publicationOf({ ...item, payload: s('') }, place)).toMatchObject({ payload: Buffer.alloc(0) });
  });

  it('takes at most so many bytes as a packet', () => {
    const made = publicationOf(item, place);
    if ('fault' in made) throw new Error(made.fault);
    // fixed header 2, topic 2 + 3, packet id 2, properties 1 + 1 + 2 + 11 + 2 + 2, payload 2
    expect(packetBytes(made)).toBeGreaterThanOrEqual(2 + 5 + 2 + 19 + 2);
    expect(packetBytes(made)).toBeLessThan(2 + 5 + 2 + 19 + 2 + 10);
  });
});

it('whose filters match a topic: a few of them, each once', () => {
  const index = new FilterIndex();
  for (const [filter, who] of [
    ['a/b', '1'],
    ['a/+', '1'],
    ['#', '2'],
    ['b', '3'],
    ['a/#', '4'],
    ['a/b', '5'],
  ] as const)
    index.add(filter, who);
  expect(index.matching('a/b')).toBe(5);
  expect(index.whoseMatch('a/b')).toHaveLength(3);
  expect(index.whoseMatch('b').toSorted()).toEqual(['2', '3']);
  expect(index.whoseMatch('$x')).toEqual([]);
});

it('adds up what weighs on a filter', () => {
  const index = new FilterIndex();
  for (const filter of ['a/b', 'a/+', '#', 'c']) index.add(filter);
  index.weigh('a/b', 5);
  index.weigh('a/c', 2);
  index.weigh('$SYS', 9);
  expect(['a/b', 'a/+', '#', 'c', 'a', 'x/y'].map((filter) => index.weightOf(filter))).toEqual([5, 7, 7, 0, 0, 0]);
});
