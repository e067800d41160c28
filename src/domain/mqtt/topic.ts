import { utf8ByteLength } from './bytes.ts';

const MAX_TOPIC_BYTES = 65_535;

export type FilterFault = { message: string; position: number };

/**
 * Whether a topic name matches a filter, as emqx_topic:match does: level by level, `+` one level (may be empty), `#` the rest
 * including none, and no wildcard in front matches a name that starts with `$`. Byte-wise, nothing is normalised.
 */
export function topicMatches(name: string, filter: string): boolean {
  if (filter === '#') return !name.startsWith('$');
  if (name.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  const names = name.split('/');
  const filters = filter.split('/');
  for (const [level, want] of filters.entries()) {
    if (want === '#' && level === filters.length - 1) return true;
    const have = names[level];
    if (have === undefined || (want !== '+' && want !== have)) return false;
  }
  return names.length === filters.length;
}

/** A subscription as the client wrote it, taken apart: `$share/<group>/<filter>`, `$queue/<filter>`, `$exclusive/<filter>`. */
export type Subscription = { filter: string; group?: string };

/** Strips the prefix that does not take part in matching. Text without one comes back as it is. */
export function effectiveFilter(text: string): Subscription {
  const shared = /^\$share\/([^/]*)\/(.*)$/s.exec(text);
  if (shared) {
    const [, group = '', filter = ''] = shared;
    return { filter, group };
  }
  if (text.startsWith('$queue/')) return { filter: text.slice('$queue/'.length), group: '$queue' };
  if (text.startsWith('$exclusive/')) return { filter: text.slice('$exclusive/'.length) };
  return { filter: text };
}

export function hasWildcard(filter: string): boolean {
  return filter.split('/').some((level) => level === '+' || level === '#');
}

/** The first thing wrong with a subscription's filter, with its place in UTF-16 units; undefined when it is valid. */
export function subscriptionFault(text: string): FilterFault | undefined {
  const general = textFault(text);
  if (general) return general;
  if (/^\$share(\/[^/]*)?$/.test(text)) {
    return { message: 'a shared subscription is written $share/<group>/<filter>', position: text.length };
  }
  const { filter, group } = effectiveFilter(text);
  const start = text.length - filter.length;
  if (group === '') return { message: 'the group of a shared subscription is empty', position: '$share/'.length };
  const wildcardInGroup = group?.search(/[+#]/) ?? -1;
  if (wildcardInGroup >= 0) {
    return {
      message: 'the group of a shared subscription cannot contain a wildcard',
      position: '$share/'.length + wildcardInGroup,
    };
  }
  if (filter === '') return { message: 'the filter after the prefix is empty', position: start };
  if (start > 0 && effectiveFilter(filter).filter !== filter) {
    return { message: '$share, $queue and $exclusive cannot be nested', position: start };
  }
  const fault = wildcardFault(filter);
  return fault && { message: fault.message, position: start + fault.position };
}

/** The first thing wrong with a topic name (what is published to); undefined when it is valid. */
export function topicNameFault(text: string): FilterFault | undefined {
  const general = textFault(text);
  if (general) return general;
  const position = text.search(/[+#]/);
  return position < 0 ? undefined : { message: 'a topic name cannot contain wildcards', position };
}

function textFault(text: string): FilterFault | undefined {
  if (text === '') return { message: 'it is empty', position: 0 };
  const nul = text.indexOf('\0');
  if (nul >= 0) return { message: 'it contains the character U+0000', position: nul };
  const surrogate = text.search(/\p{Surrogate}/u);
  if (surrogate >= 0) return { message: 'it is not valid Unicode (unpaired surrogate)', position: surrogate };
  const bytes = utf8ByteLength(text);
  if (bytes > MAX_TOPIC_BYTES) return { message: `it is ${bytes} bytes long; MQTT allows ${MAX_TOPIC_BYTES}`, position: 0 };
  return undefined;
}

function wildcardFault(filter: string): FilterFault | undefined {
  let position = 0;
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    const wildcard = level.search(/[+#]/);
    if (wildcard >= 0 && level.length > 1) {
      return { message: `${level[wildcard]} must fill a whole level`, position: position + wildcard };
    }
    if (level === '#' && index < levels.length - 1) {
      return { message: '# must be the last level', position };
    }
    position += level.length + 1;
  }
  return undefined;
}
