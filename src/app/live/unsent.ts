import type { PublicationFault } from '../../domain/delivery/publication.ts';

/** Why a message or a session did not reach the broker. The codes are part of the command line contract. */
export type UnsentReason =
  | PublicationFault
  | 'retain_unavailable'
  | 'refused_by_broker'
  | 'held_back'
  | 'no_subscriber'
  | 'session_refused'
  | 'subscription_refused'
  | 'subscription_lowered'
  | 'subscription_invalid';

export type UnsentCount = { reason: UnsentReason; count: number; examples: string[] };

const EXAMPLES = 3;

/** Counts what did not go, by reason, with a few examples of each. */
export class Unsent {
  private readonly byReason = new Map<UnsentReason, UnsentCount>();

  add(reason: UnsentReason, example: string): void {
    const found = this.byReason.get(reason) ?? { reason, count: 0, examples: [] };
    this.byReason.set(reason, found);
    found.count += 1;
    if (found.examples.length < EXAMPLES) found.examples.push(example);
  }

  get isEmpty(): boolean {
    return this.byReason.size === 0;
  }

  counts(): UnsentCount[] {
    return [...this.byReason.values()].sort((a, b) => (a.reason < b.reason ? -1 : 1));
  }
}
