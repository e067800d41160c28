import { subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import type { DeliveryFacts, Verdict } from '../../domain/delivery/verdict.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { explainDelivery } from './explain-delivery.ts';
import type { TableReader } from './table-reader.ts';

/**
 * The verdict on one stored subscription; `topic` is its text as it is stored, `filter` what the broker makes of it. Without facts
 * it is a wildcard, which finds nothing that is stored.
 */
export type SubscriptionVerdict = {
  topic: string;
  filter: string;
  qos: number;
  verdict: Pick<Verdict, 'code' | 'delivered'>;
  facts: DeliveryFacts | undefined;
};

/** Topics that are explained at the same time. */
const AT_ONCE = 8;

/**
 * One verdict for every stored subscription of a client, in their order: for an exact topic the one that the topic itself
 * gets, for a wildcard that it finds nothing that is stored.
 */
export async function* explainClient(
  reader: TableReader,
  clientid: string,
  rules: readonly HookRule[],
): AsyncGenerator<readonly SubscriptionVerdict[]> {
  const subscriptions = subscribeLookup(await reader.query('mqtt_sub', clientid), rules);
  for (let start = 0; start < subscriptions.length; start += AT_ONCE) {
    const some = subscriptions.slice(start, start + AT_ONCE);
    yield await Promise.all(some.map((subscription) => verdictOn(reader, clientid, subscription, rules)));
  }
}

async function verdictOn(
  reader: TableReader,
  clientid: string,
  { text, filter, qos }: ClientSubscription,
  rules: readonly HookRule[],
): Promise<SubscriptionVerdict> {
  if (hasWildcard(filter)) {
    return { topic: text, filter, qos, verdict: { code: 'wildcard_subscription', delivered: false }, facts: undefined };
  }
  return { topic: text, filter, qos, ...(await explainDelivery(reader, { clientid, topic: filter }, rules)) };
}
