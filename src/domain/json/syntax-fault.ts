/** A location in a text, counted from 1. */
export type SourceLocation = { line: number; column: number };

/** One fault of a schema file. */
export type Fault = SourceLocation & { message: string; path?: string };

/** A container that is open, and what was read last directly inside of it. */
type Open = { name: string; start: number; closer: '}' | ']'; after: '{' | '[' | 'name' | ':' | 'value' | ',' };

const SPACE = /[ \t\r\n]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?![\w.+-])/y;

/**
 * The first location where a text stops being one JSON object in strict grammar: what may come there, what is open and where
 * it was opened, and what was found. Undefined when the text is one. No parser says all of that, and none at the end of a file.
 */
export function syntaxFault(text: string): Fault | undefined {
  const open: Open[] = [];
  let member = '';
  let at = skip(SPACE, text, 0);
  do {
    const top = open.at(-1);
    const token = tokenAt(text, at);
    if (text[at] === '"' && token === '') return stringFault(text, at);
    if (!expected(top).some((kind) => kind === kindOf(token))) return fault(text, at, top);
    if (token === '{' || token === '[') {
      if (top) top.after = 'value';
      const name = member || (top?.name ?? 'the document');
      open.push({ name, start: at, closer: token === '{' ? '}' : ']', after: token });
      member = '';
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (top === undefined) {
      throw new Error('a token outside of the document');
    } else if (token === ',' || token === ':') {
      top.after = token;
    } else if (top.closer === '}' && top.after !== ':') {
      top.after = 'name';
      member = token.slice(1, -1);
    } else {
      top.after = 'value';
      member = '';
    }
    at = skip(SPACE, text, at + token.length);
  } while (open.length > 0);
  return at === text.length
    ? undefined
    : { ...locationAt(text, at), message: `expected the end of the file, found ${found(text, at)}` };
}

/** What may come next, as kinds of tokens. */
function expected(top: Open | undefined): readonly string[] {
  if (top === undefined) return ['{'];
  const value = ['"', '0', '{', '['];
  switch (top.after) {
    case '{':
      return ['"', '}'];
    case '[':
      return [...value, ']'];
    case 'name':
      return [':'];
    case ':':
      return value;
    case 'value':
      return [',', top.closer];
    case ',':
      return top.closer === '}' ? ['"'] : value;
  }
}

function inWords({ after, closer }: Open): string {
  switch (after) {
    case '{':
      return "a member name or '}'";
    case '[':
      return "a value or ']'";
    case 'name':
      return "':'";
    case ':':
      return 'a value';
    case 'value':
      return `',' or '${closer}'`;
    case ',':
      return closer === '}' ? 'a member name' : 'a value';
  }
}

function fault(text: string, at: number, top: Open | undefined): Fault {
  const what =
    top === undefined ? "'{'" : `${inWords(top)} inside ${top.name} (opened at line ${locationAt(text, top.start).line})`;
  return { ...locationAt(text, at), message: `expected ${what}, found ${found(text, at)}` };
}

/** A string that ends too early, or holds what no string may. */
function stringFault(text: string, start: number): Fault {
  const at = endOfString(text, start);
  if (at === text.length || text[at] === '\n') {
    return { ...locationAt(text, start), message: `the string ${shortened(text.slice(start, at))} is never closed` };
  }
  const what = text[at] === '\\' ? text.slice(at, at + 2) : 'a control character';
  return { ...locationAt(text, at), message: `${what} is not allowed inside a string` };
}

/** The token at an offset; empty where there is none or a broken one. */
function tokenAt(text: string, at: number): string {
  if ('{}[],:'.includes(text[at] ?? ' ')) return text.charAt(at);
  if (text[at] !== '"') return text.slice(at, skip(SCALAR, text, at));
  const end = endOfString(text, at);
  return text[end] === '"' ? text.slice(at, end + 1) : '';
}

/** Where the string that starts at an offset stops: at its closing quote, or at what no string may hold. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length;) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22 || unit < 0x20) return at;
    const next = unit === 0x5c ? skip(ESCAPE, text, at) : at + 1;
    if (next === at) return at;
    at = next;
  }
  return text.length;
}

function kindOf(token: string): string {
  const first = token.charAt(0);
  return first === '' || '{}[],:"'.includes(first) ? first : '0';
}

/** What stands at an offset, shortened, for a message. */
function found(text: string, at: number): string {
  if (at === text.length) return 'the end of the file';
  const [word = ''] = /[-+.\w]+|[^]/uy.exec(text.slice(at)) ?? [];
  return `'${shortened(tokenAt(text, at) || word)}'`;
}

function shortened(token: string): string {
  return token.length > 40 ? `${token.slice(0, 40)}…` : token;
}

/** Where a sticky pattern stops that starts at an offset. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

function locationAt(text: string, at: number): SourceLocation {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
