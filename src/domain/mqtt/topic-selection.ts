import { usageAt } from '../errors.ts';
import { effectiveFilter, hasWildcard, subscriptionFault, topicMatches, topicNameFault } from './topic.ts';

/** What is wanted of a table keyed by topic: one topic, those that match a filter, or all. */
export type TopicSelection =
  | { kind: 'all' }
  | { kind: 'topic'; topic: string }
  /** `prefix`: every match starts with it. */
  | { kind: 'filter'; filter: string; prefix: string };

/** Reads a FILTER argument; an invalid one is a usage error with the place. Without wildcards it is one topic. */
export function topicSelection(text: string | undefined): TopicSelection {
  if (text === undefined) return { kind: 'all' };
  const fault = subscriptionFault(text);
  if (fault) throw usageAt(`invalid topic filter: ${fault.message}`, text, fault.position);
  const { filter } = effectiveFilter(text);
  return hasWildcard(filter) ? { kind: 'filter', filter, prefix: literalPrefix(filter) } : { kind: 'topic', topic: filter };
}

export function isSelected(topic: string, selection: TopicSelection): boolean {
  if (selection.kind === 'all') return true;
  return selection.kind === 'topic' ? topic === selection.topic : topicMatches(topic, selection.filter);
}

/** Checks a TOPIC argument: a name that messages are published to; a wildcard in it is a usage error with the place. */
export function requireTopicName(text: string): void {
  const fault = topicNameFault(text);
  if (fault) throw usageAt(`invalid topic name: ${fault.message}`, text, fault.position);
}

/** `a/b/` of `a/b/+`; `a/b` of `a/b/#`, which matches `a/b` too. */
function literalPrefix(filter: string): string {
  const levels = filter.split('/');
  const first = levels.findIndex((level) => level === '+' || level === '#');
  const literal = levels.slice(0, first).join('/');
  return first > 0 && levels[first] === '+' ? `${literal}/` : literal;
}
