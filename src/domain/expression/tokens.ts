import { usageAt, type MqdynError } from '../errors.ts';

export type Token = {
  kind: 'name' | 'string' | 'number' | 'now' | 'symbol' | 'end';
  text: string;
  /** Place in the expression, in UTF-16 units. */
  at: number;
  /** Set on a name in backquotes, which is never a word of the language. */
  quoted?: true;
};

const PATTERNS: readonly [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['number', /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w])/y],
  ['now', /now(?:\s*[-+]\s*\d+(?:ms|s|m|h|d))?(?![\w-])/iy],
  ['name', /[A-Za-z_][\w-]*|`(?:[^`])+`/y],
  ['string', /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy],
  ['symbol', /<>|<=|>=|!=|==|[=<>(),.[\]]/y],
];

/** Splits an expression into tokens, an end token last. Strings take either quote; backquotes hold odd attribute names. */
export function tokenize(flag: string, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const date = matchOf(BARE_DATE, text, at);
    if (date !== undefined) throw usageAt(`${flag}: put dates in quotes: '${date}'`, text, at);
    const found = match(text, at);
    if (!found) throw misplaced(flag, text, at);
    const [kind, raw] = found;
    if (raw.startsWith('`')) tokens.push({ kind: 'name', text: raw.slice(1, -1), at, quoted: true });
    else if (kind !== 'space') tokens.push({ kind, text: kind === 'string' ? unquote(raw) : raw, at });
    at += raw.length;
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length });
  return tokens;
}

function match(text: string, at: number): [Token['kind'] | 'space', string] | undefined {
  for (const [kind, pattern] of PATTERNS) {
    const raw = matchOf(pattern, text, at);
    if (raw !== undefined) return [kind, raw];
  }
  return undefined;
}

function matchOf(sticky: RegExp, text: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

/** A date that stands without quotes. */
const BARE_DATE = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?/iy;

/** Characters that topics, client ids and node names have and the language has not. */
const OF_TEXT = /[/#+$@:%&|]/;

/** The complaint about a character that no token begins with. */
function misplaced(flag: string, text: string, at: number): MqdynError {
  const char = text.charAt(at);
  if (/['"`]/.test(char)) return usageAt(`${flag}: this quote is never closed`, text, at);
  const [before = ''] = /[^\s()<>=,'"`]*$/.exec(text.slice(0, at)) ?? [];
  const [after = ''] = /^[^\s()<>=,'"`]*/.exec(text.slice(at)) ?? [];
  const word = before + after;
  if (OF_TEXT.test(char) && /[\w]/.test(word)) return usageAt(`${flag}: put text in quotes: '${word}'`, text, at - before.length);
  return usageAt(`${flag}: unexpected ${char}`, text, at);
}

/** A doubled quote or a backslash puts the quote itself into the text. */
function unquote(raw: string): string {
  const quote = raw.charAt(0);
  return raw
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\(.)/gs, '$1');
}
