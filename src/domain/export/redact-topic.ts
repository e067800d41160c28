import type { KeyedHash } from './keyed-hash.ts';

/** Levels that the broker gives a meaning of its own, and that tell nothing of whoever uses them. */
const WORDS: ReadonlySet<string> = new Set(['', '+', '#', '$share', '$queue', '$exclusive', '$SYS']);

/**
 * A topic, or a filter, whose levels are hashes: a filter matches a topic afterwards exactly where it did before, and neither
 * becomes valid or invalid. Wildcards, empty levels, the `$` in front of a level and the prefixes of shared subscriptions stay.
 */
export function redactTopic(hash: KeyedHash, text: string): string {
  return text
    .split('/')
    .map((level) => redactLevel(hash, level))
    .join('/');
}

function redactLevel(hash: KeyedHash, level: string): string {
  if (WORDS.has(level)) return level;
  const own = hash.short('level', level);
  const wildcard = /[+#]/.exec(level);
  const front = level.startsWith('$') ? '$' : wildcard?.index === 0 ? wildcard[0] : '';
  // what makes the text invalid stays in it
  const mixed = wildcard !== null && wildcard.index > 0 ? wildcard[0] : '';
  const nul = level.includes('\0') ? '\0' : '';
  const half = level.isWellFormed() ? '' : '\udc00';
  return `${front}${own}${mixed}${nul}${half}`;
}
