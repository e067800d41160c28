import { parse } from '@humanwhocodes/momoa';

type Node = ReturnType<typeof parse>['body'];

/**
 * The first member name that occurs twice in one object of a JSON text, in the order of the text; undefined when every name
 * is alone or the text is not JSON. Slow beside JSON.parse, which keeps the last one and says nothing.
 */
export function duplicateKey(text: string): string | undefined {
  try {
    return firstDuplicate(parse(text, { mode: 'json' }).body);
  } catch {
    return undefined;
  }
}

function firstDuplicate(node: Node): string | undefined {
  if (node.type === 'Array') return firstOf(node.elements.map(({ value }) => value));
  if (node.type !== 'Object') return undefined;
  const seen = new Set<string>();
  for (const { name, value } of node.members) {
    const text = name.type === 'String' ? name.value : name.name;
    if (seen.has(text)) return text;
    seen.add(text);
    const inner = firstDuplicate(value);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function firstOf(nodes: readonly Node[]): string | undefined {
  for (const node of nodes) {
    const found = firstDuplicate(node);
    if (found !== undefined) return found;
  }
  return undefined;
}
