import { addTally, emptyTally, type Tally } from './tally.ts';

export const TOPIC_ORDERS = ['bytes', 'count', 'age'] as const;
export type TopicOrder = (typeof TOPIC_ORDERS)[number];

/** A topic, or a subtree under the filter that matches it (`plant/#`). `depth` counts levels from 1. */
export type TopicEntry = { topic: string; subtree: boolean; depth: number; tally: Tally };

type Branch = { path: string; depth: number; sum: Tally; own: Tally | undefined; children: Map<string, Branch> };

/**
 * The tree of topics as items, a subtree before what is in it, like du. Down to `depth` levels; what lies deeper counts in its
 * subtree. Siblings in the given order, by name without one.
 */
export function topicTree(tallies: ReadonlyMap<string, Tally>, depth: number, order: TopicOrder | undefined): TopicEntry[] {
  const root: Branch = branch('', 0);
  for (const [topic, tally] of tallies) plant(root, topic, tally);
  const items: TopicEntry[] = [];
  walk(root, depth, order, items);
  return items;
}

/** The topics alone, in the given order, by name without one. */
export function topicList(tallies: ReadonlyMap<string, Tally>, order: TopicOrder | undefined): TopicEntry[] {
  return [...tallies]
    .map(([topic, tally]) => ({ topic, subtree: false, depth: topic.split('/').length, tally }))
    .sort((a, b) => compare({ path: a.topic, sum: a.tally }, { path: b.topic, sum: b.tally }, order));
}

function branch(path: string, depth: number): Branch {
  return { path, depth, sum: emptyTally(), own: undefined, children: new Map() };
}

function plant(root: Branch, topic: string, tally: Tally): void {
  let at = root;
  let path: string | undefined;
  for (const level of topic.split('/')) {
    path = path === undefined ? level : `${path}/${level}`;
    let child = at.children.get(level);
    if (!child) {
      child = branch(path, at.depth + 1);
      at.children.set(level, child);
    }
    addTally(child.sum, tally);
    at = child;
  }
  at.own = tally;
}

function walk(at: Branch, depth: number, order: TopicOrder | undefined, items: TopicEntry[]): void {
  for (const child of [...at.children.values()].sort((a, b) => compare(a, b, order))) {
    const { path, own, sum, children } = child;
    const inner = children.size > 0;
    if (inner) items.push({ topic: `${path}/#`, subtree: true, depth: child.depth, tally: sum });
    const folded = inner && child.depth >= depth;
    if (own && !folded) items.push({ topic: path, subtree: false, depth: child.depth, tally: own });
    if (!folded) walk(child, depth, order, items);
  }
}

type Ordered = { path: string; sum: Tally };

function compare(a: Ordered, b: Ordered, order: TopicOrder | undefined): number {
  const byName = a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
  switch (order) {
    case 'bytes':
      return b.sum.bytes - a.sum.bytes || byName;
    case 'count':
      return b.sum.ids - a.sum.ids || byName;
    case 'age':
      return (a.sum.oldest ?? Infinity) === (b.sum.oldest ?? Infinity)
        ? byName
        : (a.sum.oldest ?? Infinity) - (b.sum.oldest ?? Infinity);
    case undefined:
      return byName;
  }
}
