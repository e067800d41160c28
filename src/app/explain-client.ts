import { nextCommand } from '../domain/delivery/evidence.ts';
import { subscribeLookup, type ClientSubscription } from '../domain/delivery/fetch.ts';
import { VERDICT_SENTENCES, type VerdictCode } from '../domain/delivery/verdict.ts';
import type { HookRule } from '../domain/hooks/rules.ts';
import { hasWildcard } from '../domain/mqtt/topic.ts';
import { commandLine } from '../domain/shell-words.ts';
import { explainDelivery } from './explain-delivery.ts';
import type { TableReader } from './table-reader.ts';

/** The verdict on one stored subscription; `topic` is its text as it is stored. */
export type SubscriptionVerdict = {
  topic: string;
  qos: number;
  delivered: boolean;
  verdict: VerdictCode;
  sentence: string;
  next: string;
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
    const verdict = 'wildcard_subscription';
    const next = commandLine('mqdyn', 'pending', filter);
    return { topic: text, qos, delivered: false, verdict, sentence: VERDICT_SENTENCES[verdict], next };
  }
  const { facts, verdict } = await explainDelivery(reader, { clientid, topic: filter }, rules);
  const { code, delivered } = verdict;
  return { topic: text, qos, delivered, verdict: code, sentence: VERDICT_SENTENCES[code], next: nextCommand(facts, verdict) };
}
