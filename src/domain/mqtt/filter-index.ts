type Node = { count: number; some: string[]; weight: number; children: Map<string, Node> };

/** So many of those who have one filter are remembered by name. */
const NAMED = 3;

/** Counts the filters that match a topic, without trying each of many filters: one step a level. */
export class FilterIndex {
  private readonly root: Node = { count: 0, some: [], weight: 0, children: new Map() };

  /** `whose`: who has the filter. */
  add(filter: string, whose?: string): void {
    let node = this.root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (!child) {
        child = { count: 0, some: [], weight: 0, children: new Map() };
        node.children.set(level, child);
      }
      node = child;
    }
    node.count += 1;
    if (whose !== undefined && node.some.length < NAMED) node.some.push(whose);
  }

  /** How many of the filters match; by the rules of `topicMatches`. */
  matching(topic: string): number {
    return [...found(this.root, topic.split('/'), 0, !topic.startsWith('$'))].reduce((sum, { count }) => sum + count, 0);
  }

  /** A few of those whose filters match. */
  whoseMatch(topic: string): string[] {
    const nodes = [...found(this.root, topic.split('/'), 0, !topic.startsWith('$'))];
    return [...new Set(nodes.flatMap(({ some }) => some))].slice(0, NAMED);
  }

  /** Adds a weight to each filter that matches. */
  weigh(topic: string, weight: number): void {
    for (const node of found(this.root, topic.split('/'), 0, !topic.startsWith('$'))) node.weight += weight;
  }

  /** All that was added to a filter. */
  weightOf(filter: string): number {
    let node: Node | undefined = this.root;
    for (const level of filter.split('/')) node = node?.children.get(level);
    return node?.weight ?? 0;
  }
}

/** Nodes of the filters that match. `wild`: a wildcard at this level may, which it may not where the name starts with `$`. */
function* found(node: Node, levels: readonly string[], at: number, wild: boolean): Generator<Node> {
  const rest = wild ? node.children.get('#') : undefined;
  if (rest) yield rest;
  const level = levels[at];
  if (level === undefined) {
    yield node;
    return;
  }
  const exact = isWildcard(level) ? undefined : node.children.get(level);
  if (exact) yield* found(exact, levels, at + 1, true);
  const plus = wild ? node.children.get('+') : undefined;
  if (plus) yield* found(plus, levels, at + 1, true);
}

/** No topic name holds one, but an item of a table might. */
function isWildcard(level: string): boolean {
  return level === '+' || level === '#';
}
