import { describe, expect, it } from 'vitest';
import {
  effectiveFilter,
  hasWildcard,
  subscriptionFault,
  topicMatches,
  topicNameFault,
} from '../../../../src/domain/mqtt/topic.ts';

describe('topicMatches', () => {
  it.each([
    ['#', 'a/b', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/brokers', true],
    ['+', '/a', false],
    ['/+', '/a', true],
    ['a/b', 'a/b/', false],
    ['+/#', 'a', true],
    ['a/#', 'a', true],
    ['a/#', 'ab', false],
    ['a/+', 'a', false],
    ['a/+', 'a/', true],
    ['+/+', '/a', true],
    ['a/+/b', 'a//b', true],
    ['a/$x/#', 'a/$x/1', true],
    ['#', '/', true],
    // consequences of the rule
    ['a/b', 'a/b', true],
    ['a/B', 'a/b', false],
    ['caf\u00e9', 'cafe\u0301', false],
    ['+/b', '$a/b', false],
    ['$a/+', '$a/b', true],
    ['a/#', 'a/b/c', true],
    ['a/b', 'a', false],
    ['a', 'a/b', false],
    ['a/#/c', 'a/b/c', false],
  ])('%s and %s: %s', (filter, topic, match) => {
    expect(topicMatches(topic, filter)).toBe(match);
  });

  it.each([
    ['queue/#', 'queue/+', true],
    ['queue/#', '#', false],
    ['queue/#', '+/x', false],
    ['#', 'queue/#', true],
  ])('takes the text of a subscription as a name: %s and %s: %s', (filter, subscription, match) => {
    expect(topicMatches(subscription, filter)).toBe(match);
  });
});

describe('effectiveFilter', () => {
  it.each([
    ['a/b', { filter: 'a/b' }],
    ['$share/g/a/+', { filter: 'a/+', group: 'g' }],
    ['$share/g//a', { filter: '/a', group: 'g' }],
    ['$share/g/', { filter: '', group: 'g' }],
    ['$share//a', { filter: 'a', group: '' }],
    ['$share/g', { filter: '$share/g' }],
    ['$shared/g/a', { filter: '$shared/g/a' }],
    ['$queue/a/#', { filter: 'a/#', group: '$queue' }],
    ['$exclusive/a', { filter: 'a' }],
    ['x/$share/g/a', { filter: 'x/$share/g/a' }],
    ['$share/g/a\nb', { filter: 'a\nb', group: 'g' }],
  ])('%j', (text, taken) => {
    expect(effectiveFilter(text)).toEqual(taken);
  });
});

describe('subscriptionFault', () => {
  it.each([
    'a',
    '/',
    '#',
    '+',
    'a/+/b',
    '+/+',
    'a/#',
    '/#',
    'a//b',
    '$SYS/#',
    '$share/g/#',
    '$queue/a',
    '$exclusive/+',
    'ä/😀',
    'a b',
    'x'.repeat(65_535),
  ])('takes %.30s', (filter) => {
    expect(subscriptionFault(filter)).toBeUndefined();
  });

  it.each([
    ['', 'it is empty', 0],
    ['a+', '+ must fill a whole level', 1],
    ['a/b#', '# must fill a whole level', 3],
    ['a/++', '+ must fill a whole level', 2],
    ['a/#/b', '# must be the last level', 2],
    ['#/', '# must be the last level', 0],
    ['a\0b', 'it contains the character U+0000', 1],
    ['ab\ud800c', 'it is not valid Unicode (unpaired surrogate)', 2],
    ['😀\udc00', 'it is not valid Unicode (unpaired surrogate)', 2],
    ['x'.repeat(65_536), 'it is 65536 bytes long; MQTT allows 65535', 0],
    ['ä'.repeat(32_768), 'it is 65536 bytes long; MQTT allows 65535', 0],
    ['$share', 'a shared subscription is written $share/<group>/<filter>', 6],
    ['$share/g', 'a shared subscription is written $share/<group>/<filter>', 8],
    ['$share//a', 'the group of a shared subscription is empty', 7],
    ['$share/a+/b', 'the group of a shared subscription cannot contain a wildcard', 8],
    ['$share/g/', 'the filter after the prefix is empty', 9],
    ['$queue/', 'the filter after the prefix is empty', 7],
    ['$exclusive/', 'the filter after the prefix is empty', 11],
    ['$share/g/a/b+', '+ must fill a whole level', 12],
    ['$queue/#/a', '# must be the last level', 7],
    ['$queue/$share/g/a', '$share, $queue and $exclusive cannot be nested', 7],
    ['$share/g/$queue/a', '$share, $queue and $exclusive cannot be nested', 9],
  ])('refuses %.30j', (filter, message, position) => {
    expect(subscriptionFault(filter)).toEqual({ message, position });
  });
});

describe('topicNameFault', () => {
  it.each(['a/b', '$SYS/x', '/', 'x y'])('takes %s', (name) => {
    expect(topicNameFault(name)).toBeUndefined();
  });

  it.each([
    ['a/+', 'a topic name cannot contain wildcards', 2],
    ['a#', 'a topic name cannot contain wildcards', 1],
    ['', 'it is empty', 0],
    ['\0', 'it contains the character U+0000', 0],
  ])('refuses %j', (name, message, position) => {
    expect(topicNameFault(name)).toEqual({ message, position });
  });
});

describe('hasWildcard', () => {
  it.each([
    ['a/+', true],
    ['#', true],
    ['a/b', false],
    ['a+/b', false],
  ])('%s: %s', (filter, wild) => {
    expect(hasWildcard(filter)).toBe(wild);
  });
});
