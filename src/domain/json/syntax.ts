import { evaluate, parse } from '@humanwhocodes/momoa';
import { syntaxFault, type Fault, type SourceLocation } from './syntax-fault.ts';

export type { Fault } from './syntax-fault.ts';

/** A JSON document with the location of each of its values. */
export type Document = { value: unknown; locationOf(path: readonly (string | number)[]): SourceLocation };

type Node = ReturnType<typeof parse>['body'];

/** Reads strict JSON. A broken document leads to one fault that names what is open, where it was opened and what was found. */
export function readDocument(source: string): { document: Document } | { fault: Fault } {
  const text = source.replace(/^\ufeff/, '');
  const fault = syntaxFault(text);
  if (fault) return { fault };
  const { body } = parse(text, { mode: 'json' });
  return { document: { value: evaluate(body), locationOf: (path) => locationIn(body, path) } };
}

/** The location of the value under a path, or of the nearest thing above it that exists. */
function locationIn(root: Node, path: readonly (string | number)[]): SourceLocation {
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
