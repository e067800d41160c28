import { usageAt } from '../errors.ts';

export type Token = {
  kind: 'name' | 'string' | 'number' | 'symbol' | 'end';
  text: string;
  /** Place in the expression, in UTF-16 units. */
  at: number;
  /** Set on a name in backquotes, which is never a word of the language. */
  quoted?: true;
};

const PATTERNS: readonly [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['number', /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w])/y],
  ['name', /[A-Za-z_][\w-]*|`(?:[^`])+`/y],
  ['string', /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy],
  ['symbol', /<>|<=|>=|!=|==|[=<>(),.[\]]/y],
];

/** Splits an expression into tokens, an end token last. Strings take either quote; backquotes hold odd attribute names. */
export function tokenize(flag: string, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = match(text, at);
    if (!found) throw usageAt(`${flag}: ${complaint(text[at]!)}`, text, at);
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
    pattern.lastIndex = at;
    const raw = pattern.exec(text)?.[0];
    if (raw !== undefined) return [kind, raw];
  }
  return undefined;
}

function complaint(char: string): string {
  if (char === "'" || char === '"' || char === '`') return 'this quote is never closed';
  return `unexpected ${char}`;
}

/** A doubled quote or a backslash puts the quote itself into the text. */
function unquote(raw: string): string {
  const quote = raw[0]!;
  return raw
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\(.)/gs, '$1');
}
