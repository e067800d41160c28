import { numberOf, textOf, type Item } from '../item.ts';
import { timeOf } from './times.ts';

export type ClientState = 'online' | 'offline' | 'unknown';

/** What connect_state says; `unknown` for what no backend writes. */
export function clientState(row: Item): ClientState {
  const state = numberOf(row, 'connect_state');
  return state === '1' ? 'online' : state === '0' ? 'offline' : 'unknown';
}

/** Since when the client has been in its state, in Unix milliseconds. */
export function stateSince(row: Item): number | undefined {
  const state = clientState(row);
  return state === 'unknown' ? undefined : timeOf(row, state === 'online' ? 'online_at' : 'offline_at');
}

/** What the rows of one node say about it: how many, and the first and last thing that happened to any of them. */
type NodeFacts = { rows: number; oldest: number; newest: number };

/** Why an online row is taken for a left-over of a broker that stopped without saying so. */
export type Ghost = 'node_unseen' | 'node_old';

/** Gathers what is needed to tell ghosts: an unclean stop of a broker leaves its clients online for ever. */
export class NodeCensus {
  private readonly nodes = new Map<string, NodeFacts>();

  add(row: Item): void {
    const node = textOf(row, 'node');
    if (node === undefined) return;
    const last = Math.max(timeOf(row, 'online_at') ?? 0, timeOf(row, 'offline_at') ?? 0);
    const facts = this.nodes.get(node);
    if (facts === undefined) {
      this.nodes.set(node, { rows: 1, oldest: last, newest: last });
      return;
    }
    facts.rows += 1;
    facts.oldest = Math.min(facts.oldest, last);
    facts.newest = Math.max(facts.newest, last);
  }

  /** `node_unseen`: no other row names its node. `node_old`: all rows of its node are older than all rows of the others. */
  ghost(row: Item): Ghost | undefined {
    const node = textOf(row, 'node');
    if (node === undefined || clientState(row) !== 'online' || this.nodes.size < 2) return undefined;
    const own = this.nodes.get(node);
    if (own === undefined) return undefined;
    if (own.rows === 1) return 'node_unseen';
    for (const [name, other] of this.nodes) if (name !== node && other.oldest <= own.newest) return undefined;
    return 'node_old';
  }
}
