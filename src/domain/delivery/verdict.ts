import type { HookRule } from '../hooks/rules.ts';
import { textOf, type Item } from '../item.ts';
import { isDamagedQueue, isReadableMessage, queuedIds, type ClientSubscription } from './fetch.ts';
import {
  fetchingSubscription,
  messageFault,
  retainingSubscription,
  type Fetching,
  type MessageFault,
  type SubscriptionFault,
} from './judge.ts';

/** What the tables hold about a client and a topic, as far as the backend would read it. */
export type DeliveryFacts = {
  clientid: string;
  topic: string;
  /** The one message that is asked about; undefined asks for anything at all. */
  msgid?: string | undefined;
  client: Item | undefined;
  subscriptions: readonly ClientSubscription[];
  map: Item | undefined;
  retained: Item | undefined;
  /** Items of mqtt_acked of the topic. */
  acks: readonly Item[];
  /** Ids whose items of mqtt_msg were read. */
  checked: readonly string[];
  /** The items that were there, by msgid. */
  messages: ReadonlyMap<string, Item>;
};

/** The stable codes of a verdict. */
export type VerdictCode =
  | 'delivered_from_queue'
  | 'delivered_retained'
  | 'client_unknown'
  | 'nothing_stored'
  | 'map_unreadable'
  | SubscriptionFault
  | MessageFault;

export type Verdict = { code: VerdictCode; delivered: boolean; fetching: Fetching };

/**
 * Whether the backend would deliver on the client's next new subscription. A message that nobody can get any more is reported
 * before a subscription that would not fetch it; codes as in `pending --client`.
 */
export function decideDelivery(facts: DeliveryFacts, rules: readonly HookRule[]): Verdict {
  const fetching = fetchingSubscription(facts.subscriptions, facts.topic, rules);
  const fault = queueFault(facts);
  if (fault === undefined && 'by' in fetching) return { code: 'delivered_from_queue', delivered: true, fetching };
  if (getsRetained(facts, rules)) return { code: 'delivered_retained', delivered: true, fetching };
  return { code: refusal(facts, fault, fetching), delivered: false, fetching };
}

function refusal(facts: DeliveryFacts, fault: VerdictCode | undefined, fetching: Fetching): VerdictCode {
  if (isUnknownClient(facts) && (fault === undefined || fault === 'nothing_stored')) return 'client_unknown';
  if (fault !== undefined && fault !== 'nothing_stored') return fault;
  return 'fault' in fetching ? fetching.fault : 'nothing_stored';
}

/** Why the queue gives nothing to anybody; undefined when it does. */
function queueFault(facts: DeliveryFacts): VerdictCode | undefined {
  const ids = queuedIds(facts.map);
  if (facts.msgid !== undefined) {
    const { msgid } = facts;
    if (isDamagedQueue(facts.map) && facts.messages.has(msgid)) return 'map_unreadable';
    return messageFault({ ...facts, msgid, queued: ids.includes(msgid), item: facts.messages.get(msgid) });
  }
  if (isDamagedQueue(facts.map)) return 'map_unreadable';
  if (ids.length === 0) return 'nothing_stored';
  const items = facts.checked.map((id) => facts.messages.get(id));
  if (items.some((item) => item !== undefined && isReadableMessage(item))) return undefined;
  return items.some((item) => item !== undefined) ? 'message_unreadable' : 'message_gone';
}

function getsRetained({ subscriptions, topic, retained, msgid }: DeliveryFacts, rules: readonly HookRule[]): boolean {
  if (retained === undefined || !isReadableMessage(retained)) return false;
  if (msgid !== undefined && textOf(retained, 'msgid') !== msgid) return false;
  return retainingSubscription(subscriptions, topic, rules) !== undefined;
}

function isUnknownClient({ client, subscriptions, acks, clientid }: DeliveryFacts): boolean {
  return client === undefined && subscriptions.length === 0 && !acks.some((ack) => textOf(ack, 'clientid') === clientid);
}

/** One sentence for each verdict. */
export const VERDICT_SENTENCES: Readonly<Record<VerdictCode, string>> = {
  delivered_from_queue: 'it is queued under this topic and is delivered with the next new subscription',
  delivered_retained: 'it is the retained message of this topic and is delivered with the next subscription',
  client_unknown: 'this client is in none of the tables: it never connected through this backend and has no stored subscription',
  no_subscription:
    'no stored subscription of this client matches the topic; subscriptions that the client makes itself are not stored',
  wildcard_subscription:
    'only a wildcard subscription matches; the broker looks up stored messages by the exact text of the filter, so it never finds this topic',
  qos0_subscription: 'the subscription has QoS 0; the broker fetches queued messages only for QoS 1 and 2',
  old_subscription: 'the subscription is not new; the broker fetches queued messages only for a new one',
  hook_skips_topic: 'the rules of the backend exclude this topic; # does not match a topic that starts with $',
  nothing_stored: 'no messages are queued under this topic, and it has no retained message',
  map_unreadable: 'the item of this topic in the map has no string set, so the broker finds no ids in it',
  message_gone: 'the map still lists it, but the message itself is gone',
  message_not_in_map: 'the message is stored, but the map does not list it under its topic, so no subscription finds it',
  message_unreadable: 'the stored message has an attribute that is missing or of a type that the broker cannot read',
  message_unknown: 'no table holds it: published with QoS 0, never stored, or removed since',
  other_topic: 'the message belongs to another topic',
  acked_by_client: 'this client has acked it, which removed it',
  acked_by_other: 'another client acked it first, which removed it for all',
  acked_earlier: 'it is gone, and a later message of this topic has been acked: most likely it was acked and removed before',
};
