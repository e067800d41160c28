import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../../../src/domain/export/keyed-hash.ts';
import { redactTopic } from '../../../../src/domain/export/redact-topic.ts';
import { filtersOverlap } from '../../../../src/domain/mqtt/filters-overlap.ts';
import {
  effectiveFilter,
  hasWildcard,
  subscriptionFault,
  topicMatches,
  topicNameFault,
} from '../../../../src/domain/mqtt/topic.ts';
import { anyText } from '../../../harness/texts.ts';

const hash = new KeyedHash(Buffer.from('a key that is only good for tests'));
const redact = (text: string) => redactTopic(hash, text);

const level = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', '+', '#', '', '$a', '$SYS', '$share', '$queue', '$exclusive') },
  { weight: 2, arbitrary: fc.constantFrom('a+', '+a', '#a', 'a#', '++', '+#', '$', '$+', '$share+', 'a\0', '\ud800', 'g', 'ü') },
  { weight: 1, arbitrary: anyText(4).filter((text) => !text.includes('/')) },
);
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));

/** A filter that is likely to match: some levels of the topic become wildcards. */
const filterOf = (name: string) =>
  fc
    .tuple(fc.array(fc.constantFrom('keep', 'keep', '+', '#', 'a'), { minLength: 6, maxLength: 6 }), fc.constantFrom(0, 0, 1, -1))
    .map(([changes, more]) => {
      const levels = name.split('/').map((each, at) => (changes[at] === 'keep' ? each : changes[at]!));
      return (more > 0 ? [...levels, '#'] : more < 0 ? levels.slice(0, -1) : levels).join('/');
    });
const pair = topic.chain((name) => fc.tuple(fc.constant(name), fc.oneof(filterOf(name), topic)));

describe('redactTopic', () => {
  it('matches where the original matched, and nowhere else', () => {
    let matched = 0;
    fc.assert(
      fc.property(
        pair,
        fc.constantFrom('', '', '$share/g/', '$share/h+/', '$queue/', '$exclusive/'),
        ([name, filter], prefix) => {
          const stored = `${prefix}${filter}`;
          const matches = topicMatches(name, filter);
          if (matches) matched += 1;
          expect(topicMatches(redact(name), redact(filter))).toBe(matches);
          // a subscription is matched by what stands behind its prefix
          const [before, after] = [effectiveFilter(stored), effectiveFilter(redact(stored))];
          expect(after.filter).toBe(redact(before.filter));
          expect(topicMatches(redact(name), after.filter)).toBe(topicMatches(name, before.filter));
          expect(after.group === undefined).toBe(before.group === undefined);
          expect(redact(name) === redact(filter)).toBe(name === filter);
          expect(filtersOverlap(redact(name), redact(filter))).toBe(filtersOverlap(name, filter));
        },
      ),
      { numRuns: 5_000 },
    );
    expect(matched).toBeGreaterThan(500);
  });

  it('is as valid, or as invalid for the same reason, as the original', () => {
    let invalid = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('', '$share/g/', '$share//', '$share/+/', '$queue/', '$share/', '$share'),
        topic,
        (prefix, rest) => {
          const text = `${prefix}${rest}`;
          const fault = subscriptionFault(text);
          if (fault !== undefined) invalid += 1;
          expect(subscriptionFault(redact(text))?.message).toBe(fault?.message);
          expect(topicNameFault(redact(text))?.message).toBe(topicNameFault(text)?.message);
          expect(hasWildcard(redact(text))).toBe(hasWildcard(text));
        },
      ),
      { numRuns: 5_000 },
    );
    expect(invalid).toBeGreaterThan(500);
  });

  it.each([
    ['', ''],
    ['/', '/'],
    ['+/#', '+/#'],
    ['plant//temp', '_//_'],
    ['$share/group/plant/+/temp', '$share/_/_/+/_'],
    ['$queue/plant/#', '$queue/_/#'],
    ['$SYS/brokers', '$SYS/_'],
    ['$plant/temp', '$_/_'],
    ['plant#/a', '_#/_'],
  ])('%j keeps its form, with levels of 12 characters: %j', (text, form) => {
    expect(redact(text).replace(/[a-z2-7]{12}/g, '_')).toBe(form);
  });

  it('hashes a level the same way wherever it stands', () => {
    const [plant, temp] = redact('plant/temp').split('/');
    expect(redact('temp/plant/temp')).toBe(`${temp}/${plant}/${temp}`);
    expect(redact(`$share/plant/plant/+`)).toBe(`$share/${plant}/${plant}/+`);
  });
});
