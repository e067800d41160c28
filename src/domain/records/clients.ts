import { numberOf, textOf, type Item } from '../item.ts';
import { timeOf } from './times.ts';

export type ClientState = 'online' | 'offline' | 'unknown';

/** What connect_state says; `unknown` for what no backend writes. */
export function clientState(item: Item): ClientState {
  const state = numberOf(item, 'connect_state');
  return state === '1' ? 'online' : state === '0' ? 'offline' : 'unknown';
}

/** Since when the client has been in its state, in Unix milliseconds. */
export function stateSince(item: Item): number | undefined {
  const state = clientState(item);
  return state === 'unknown' ? undefined : timeOf(item, state === 'online' ? 'online_at' : 'offline_at');
}

/** What the items of one node say about it: how many, and the first and last thing that happened to any of them. */
type NodeFacts = { items: number; oldest: number; newest: number };

/** Why an online item is taken for a left-over of a broker that stopped without saying so. */
export type Ghost = 'node_unseen' | 'node_old';

/** Gathers what is needed to tell ghosts: an unclean stop of a broker leaves its clients online for ever. */
export class NodeCensus {
  private readonly nodes = new Map<string, NodeFacts>();

  add(item: Item): void {
    const node = textOf(item, 'node');
    if (node === undefined) return;
    const last = Math.max(timeOf(item, 'online_at') ?? 0, timeOf(item, 'offline_at') ?? 0);
    const facts = this.nodes.get(node);
    if (facts === undefined) {
      this.nodes.set(node, { items: 1, oldest: last, newest: last });
      return;
    }
    facts.items += 1;
    facts.oldest = Math.min(facts.oldest, last);
    facts.newest = Math.max(facts.newest, last);
  }

  /** `node_unseen`: no other item names its node. `node_old`: all items of its node are older than all items of the others. */
  ghost(item: Item): Ghost | undefined {
    const node = textOf(item, 'node');
    if (node === undefined || clientState(item) !== 'online' || this.nodes.size < 2) return undefined;
    const own = this.nodes.get(node);
    if (own === undefined) return undefined;
    if (own.items === 1) return 'node_unseen';
    for (const [name, other] of this.nodes) if (name !== node && other.oldest <= own.newest) return undefined;
    return 'node_old';
  }
}
