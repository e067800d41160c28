import type { SubscriptionFault } from '../delivery/judge.ts';
import type { AttributeValue, Item } from '../item.ts';
import type { ClientState, Ghost } from '../records/clients.ts';

/** A client as its item of mqtt_client tells it. */
export type ClientView = {
  /** As it is stored; of a client that was never seen its id alone. */
  item: Item;
  state: ClientState | 'never seen';
  /** The stored time of its state, whatever its unit; undefined where no time is known. */
  since: AttributeValue | undefined;
  /** Seconds in its state. */
  age: number | undefined;
  ghost: Ghost | undefined;
};

/** A stored subscription, and what waits under its topic. */
export type SubscriptionView = {
  /** As it is stored. */
  item: Item;
  /** Why it fetches nothing that is stored; undefined when it fetches. */
  fault: SubscriptionFault | undefined;
  /** Messages queued under its topic; undefined for a wildcard. */
  waiting: number | undefined;
  /** Age in seconds of the oldest one. */
  oldest: number | undefined;
  /** The msgid that the client acked last, and when it was made in Unix microseconds. */
  acked: string | undefined;
  ackedMicros: bigint | undefined;
};

/** What is known of one client. */
export type ClientDossier = {
  client: ClientView;
  /** False where it would have cost too much to tell whether the client is a ghost. */
  ghostKnown: boolean;
  subscriptions: SubscriptionView[];
  /** Messages that the client would fetch. */
  waiting: number;
};
