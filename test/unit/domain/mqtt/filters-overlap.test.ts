import { describe, expect, it } from 'vitest';
import { filtersOverlap } from '../../../../src/domain/mqtt/filters-overlap.ts';
import { topicMatches } from '../../../../src/domain/mqtt/topic.ts';

/** Every text of up to three levels. */
function texts(levels: readonly string[]): string[] {
  const two = levels.flatMap((first) => levels.map((second) => `${first}/${second}`));
  return [...levels, ...two, ...two.flatMap((start) => levels.map((last) => `${start}/${last}`))];
}

const NAMES = texts(['', 'a', 'b', '$a']);
/** Invalid filters too: a configuration may hold them. */
const FILTERS = texts(['', 'a', '$a', '+', '#']);

describe('two filters overlap where some topic matches both', () => {
  it('all filters of up to three levels', () => {
    const matches = new Map(FILTERS.map((filter) => [filter, NAMES.filter((name) => topicMatches(name, filter))]));
    const wrong: string[] = [];
    for (const one of FILTERS) {
      for (const other of FILTERS) {
        // a # inside a filter is literal text, which the names above do not contain
        if (/#\//.test(one) || /#\//.test(other)) continue;
        const common = matches.get(one)!.some((name) => matches.get(other)!.includes(name));
        if (filtersOverlap(one, other) !== common) wrong.push(`${one} and ${other}: ${common}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['a/#/c', 'a/#/c', true],
    ['a/#/c', 'a/+/c', true],
    ['a/#/c', 'a/b/c', false],
    ['#/c', '$a/c', false],
  ])('%s and %s: %s', (one, other, overlap) => {
    expect(filtersOverlap(one, other)).toBe(overlap);
    expect(filtersOverlap(other, one)).toBe(overlap);
  });
});
