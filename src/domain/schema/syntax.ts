import { evaluate, parse, tokenize } from '@humanwhocodes/momoa';

/** A place in a schema file, counted from 1. */
export type Place = { line: number; column: number };

/** One fault of a schema file. */
export type Fault = Place & { message: string; path?: string };

/** A JSON document with the place of each of its values. */
export type Document = { value: unknown; placeOf(path: readonly (string | number)[]): Place };

type Node = ReturnType<typeof parse>['body'];

/** Reads strict JSON. A broken document leads to one fault that names what is open, where it was opened and what was found. */
export function readDocument(text: string): { document: Document } | { fault: Fault } {
  const misplaced = outsideOfObject(text);
  if (misplaced) return { fault: misplaced };
  try {
    const { body } = parse(text, { mode: 'json' });
    return { document: { value: evaluate(body), placeOf: (path) => placeIn(body, path) } };
  } catch (error) {
    return { fault: syntaxFault(text, error as Error & Partial<Place>) };
  }
}

/** A schema file starts with `{`; without it every later complaint would be misleading. */
function outsideOfObject(text: string): Fault | undefined {
  const first = /\S/.exec(text);
  if (!first) return { line: 1, column: 1, message: "expected '{', found the end of the file" };
  if (first[0] === '{') return undefined;
  return { ...placeAt(text, first.index), message: `expected '{', found '${tokenAt(text, first.index)}'` };
}

function syntaxFault(text: string, error: Error & Partial<Place> & { offset?: number }): Fault {
  const offset = faultOffset(text, error);
  const open = openContainers(text, offset);
  const found = offset >= text.trimEnd().length ? 'the end of the file' : `'${tokenAt(text, offset)}'`;
  const container = open.at(-1);
  const place = placeAt(text, Math.min(offset, text.length));
  if (container === undefined) return { ...place, message: `expected the end of the file, found ${found}` };
  const inside = `inside ${container.name} (opened at line ${container.line})`;
  return { ...place, message: `expected ${container.expected}${inside}, found ${found}` };
}

/**
 * Where a document stops being JSON. For one that just ends, the parser names the last token or the first one; then it is the
 * end that is wrong, unless the last token could not stand there anyway.
 */
function faultOffset(text: string, { offset = text.length, message }: Error & { offset?: number }): number {
  if (message.startsWith('Unexpected end')) return text.trimEnd().length;
  const tokens = tokensUpTo(text, text.length);
  const [before, last] = [tokens.at(-2), tokens.at(-1)];
  const atLast =
    last !== undefined && placeAt(text, offset).line === last.start.line && placeAt(text, offset).column === last.start.column;
  const fits = before === undefined || ['[', ':', ','].includes(before.type);
  const closes = last !== undefined && ['}', ']', ',', ':'].includes(last.type);
  return atLast && fits && !closes ? text.trimEnd().length : offset;
}

type Container = { name: string; line: number; expected: string };

/** What is open at an offset: each container with the name of its member, and what may come next in it. */
function openContainers(text: string, offset: number): Container[] {
  const open: (Container & { closer: string; member: string; previous: string })[] = [];
  let member = '';
  for (const { type, text: token, start } of tokensUpTo(text, offset)) {
    const top = open.at(-1);
    if (type === '{' || type === '[') {
      const name = member || (open.length === 0 ? 'the document' : (top?.name ?? ''));
      open.push({ name, line: start.line, closer: type === '{' ? '}' : ']', expected: '', member: '', previous: type });
      member = '';
      continue;
    }
    if (type === '}' || type === ']') open.pop();
    else if (type === 'String') member = token.slice(1, -1);
    else if (type === ',') member = '';
    const now = open.at(-1);
    if (now) now.previous = type;
  }
  return open.map((container) => ({ ...container, expected: expectation(container) }));
}

function expectation({ closer, previous }: { closer: string; previous: string }): string {
  if (previous === ':') return 'a value ';
  if (previous === ',') return closer === '}' ? 'a member name ' : 'a value ';
  if (previous === '{') return "a member name or '}' ";
  if (previous === '[') return "a value or ']' ";
  return `',' or '${closer}' `;
}

type Token = { type: string; text: string; start: Place };

function tokensUpTo(text: string, offset: number): Token[] {
  try {
    return tokenize(text.slice(0, offset), { mode: 'json' }).map((token) => ({
      type: punctuation(text, token.loc.start.offset) ?? token.type,
      text: text.slice(token.loc.start.offset, token.loc.end.offset),
      start: token.loc.start,
    }));
  } catch {
    return [];
  }
}

function punctuation(text: string, offset: number): string | undefined {
  const char = text[offset]!;
  return '{}[],:'.includes(char) ? char : undefined;
}

/** The token that starts at an offset, shortened. */
function tokenAt(text: string, offset: number): string {
  const token = /^("(?:[^"\\\n]|\\.)*"?|[-+.\w]+|\S)/.exec(text.slice(offset))?.[0] ?? '';
  return token.length > 40 ? `${token.slice(0, 40)}…` : token;
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** The place of the value under a path, or of the nearest thing above it that exists. */
function placeIn(root: Node, path: readonly (string | number)[]): Place {
  let node = root;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) break;
    node = next;
  }
  return { line: node.loc.start.line, column: node.loc.start.column };
}

function child(node: Node, step: string | number): Node | undefined {
  if (node.type === 'Array' && typeof step === 'number') return node.elements[step]?.value;
  if (node.type !== 'Object') return undefined;
  const member = node.members.findLast(({ name }) => name.type === 'String' && name.value === step);
  return member?.value;
}
