type Node = { count: number; children: Map<string, Node> };

/** Counts the filters that match a topic, without trying each of many filters: one step a level. */
export class FilterIndex {
  private readonly root: Node = { count: 0, children: new Map() };

  add(filter: string): void {
    let node = this.root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (!child) {
        child = { count: 0, children: new Map() };
        node.children.set(level, child);
      }
      node = child;
    }
    node.count += 1;
  }

  /** How many of the filters match; by the rules of `topicMatches`. */
  matching(topic: string): number {
    return count(this.root, topic.split('/'), 0, !topic.startsWith('$'));
  }
}

/** `wild`: a wildcard at this level may match, which it may not where the name starts with `$`. */
function count(node: Node, levels: readonly string[], at: number, wild: boolean): number {
  const rest = wild ? (node.children.get('#')?.count ?? 0) : 0;
  const level = levels[at];
  if (level === undefined) return node.count + rest;
  let sum = rest;
  const exact = isWildcard(level) ? undefined : node.children.get(level);
  if (exact) sum += count(exact, levels, at + 1, true);
  const plus = wild ? node.children.get('+') : undefined;
  if (plus) sum += count(plus, levels, at + 1, true);
  return sum;
}

/** No topic name holds one, but an item of a table might. */
function isWildcard(level: string): boolean {
  return level === '+' || level === '#';
}
