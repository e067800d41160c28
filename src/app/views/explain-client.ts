import { subscribeLookup, type ClientSubscription } from '../../domain/delivery/fetch.ts';
import type { DeliveryFacts, Verdict } from '../../domain/delivery/verdict.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { explainDelivery, readClient } from './explain-delivery.ts';
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
  const client = await readClient(reader, clientid);
  const verdictOn = async ({ text, filter, qos }: ClientSubscription): Promise<SubscriptionVerdict> => {
    const asked = { topic: text, filter, qos };
    if (hasWildcard(filter)) {
      return { ...asked, verdict: { code: 'wildcard_subscription', delivered: false }, facts: undefined };
    }
    return { ...asked, ...(await explainDelivery(reader, { clientid, topic: filter }, rules, client)) };
  };
  const subscriptions = subscribeLookup(client.stored, rules);
  for (let start = 0; start < subscriptions.length; start += AT_ONCE) {
    yield await Promise.all(subscriptions.slice(start, start + AT_ONCE).map(verdictOn));
  }
}
