import { parse } from '@humanwhocodes/momoa';
import { syntaxFault } from './syntax-fault.ts';

/** A JSON value as it is written: numbers keep every digit, and no name gets lost. */
export type ExactJson =
  | { text: string }
  | { digits: string }
  | { flag: boolean }
  | { nothing: true }
  | { list: readonly ExactJson[] }
  | { members: ReadonlyMap<string, ExactJson> };

/** What is wrong with a JSON text, and where, in UTF-16 units from 0. */
export type JsonFault = { fault: string; at: number };

type Node = ReturnType<typeof parse>['body'];

/**
 * Reads strict JSON without losing anything: JavaScript's own reader rounds numbers, drops the first of two members of one name,
 * and takes half a character, which no UTF-8 can hold.
 */
export function readExactJson(text: string): { json: ExactJson } | JsonFault {
  try {
    return { json: exact(parse(text, { mode: 'json' }).body, text) };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message, at: error.at };
    if (error instanceof Error) return syntaxOf(text, error);
    throw error;
  }
}

class Fault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

function exact(node: Node, source: string): ExactJson {
  const at = node.loc.start.offset;
  switch (node.type) {
    case 'String':
      return { text: whole(node.value, at) };
    case 'Number':
      return { digits: source.slice(at, node.loc.end.offset) };
    case 'Boolean':
      return { flag: node.value };
    case 'Array':
      return { list: node.elements.map(({ value }) => exact(value, source)) };
    case 'Object': {
      const members = new Map<string, ExactJson>();
      for (const { name, value } of node.members) {
        const text = whole(name.type === 'String' ? name.value : name.name, name.loc.start.offset);
        if (members.has(text)) throw new Fault(`the name "${text}" stands twice`, name.loc.start.offset);
        members.set(text, exact(value, source));
      }
      return { members };
    }
    case 'Null':
      return { nothing: true };
    default:
      throw new Fault('this is not JSON', at);
  }
}

function whole(text: string, at: number): string {
  if (!text.isWellFormed()) throw new Fault('half a character (an unpaired surrogate) cannot be stored', at);
  return text;
}

/** The fault in our own words where the text is meant as an object; the parser's otherwise. */
function syntaxOf(text: string, error: Error): JsonFault {
  if (error instanceof RangeError) return { fault: 'it is nested too deeply', at: 0 };
  const own = text.trimStart().startsWith('{') ? syntaxFault(text) : undefined;
  if (own !== undefined) return { fault: own.message, at: offsetOf(text, own.line, own.column) };
  const [, message = error.message, line = '1', column = '1'] = /^(.*?)\.? \((\d+):(\d+)\)$/s.exec(error.message) ?? [];
  return { fault: `it is not JSON: ${message}`, at: offsetOf(text, Number(line), Number(column)) };
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let seen = 1; seen < line; seen += 1) start = text.indexOf('\n', start) + 1;
  return Math.min(text.length, start + column - 1);
}
