import type { HookRule } from '../hooks/rules.ts';
import { textOf, type Item } from '../item.ts';
import { topicMatches } from '../mqtt/topic.ts';
import { msgidMillis } from '../records/times.ts';
import { isReadableMessage, queueLookup, retainLookup, type ClientSubscription } from './fetch.ts';

/** Why no subscription of a client fetches what waits under a topic. The codes are part of the command line contract. */
export type SubscriptionFault =
  'no_subscription' | 'wildcard_subscription' | 'qos0_subscription' | 'old_subscription' | 'hook_skips_topic';

/** Why a message is not there to be fetched. The codes are part of the command line contract. */
export type MessageFault =
  | 'message_gone'
  | 'message_not_in_map'
  | 'message_unreadable'
  | 'message_unknown'
  | 'other_topic'
  | 'acked_by_client'
  | 'acked_by_other'
  | 'acked_earlier';

/** The subscription that fetches the queue of a topic, or why none does and which came nearest. */
export type Fetching = { by: ClientSubscription } | { fault: SubscriptionFault; nearest?: ClientSubscription };

/** Finds out whether any subscription makes the backend look under this very topic. An exact filter that fails says more than a wildcard. */
export function fetchingSubscription(
  subscriptions: readonly ClientSubscription[],
  topic: string,
  rules: readonly HookRule[],
): Fetching {
  let fault: Fetching | undefined;
  for (const subscription of subscriptions) {
    const lookup = queueLookup(subscription, rules);
    if ('topic' in lookup) {
      if (lookup.topic === topic) return { by: subscription };
    } else if (subscription.filter === topic) {
      fault ??= { fault: lookup.skip, nearest: subscription };
    }
  }
  if (fault) return fault;
  const wildcard = subscriptions.find(({ filter }) => topicMatches(topic, filter));
  return wildcard ? { fault: 'wildcard_subscription', nearest: wildcard } : { fault: 'no_subscription' };
}

/** The subscription that gets the retained message of a topic; undefined when none does. */
export function retainingSubscription(
  subscriptions: readonly ClientSubscription[],
  topic: string,
  rules: readonly HookRule[],
): ClientSubscription | undefined {
  return subscriptions.find((subscription) => {
    const lookup = retainLookup(subscription, rules);
    return 'topic' in lookup && lookup.topic === topic;
  });
}

export type MessageFacts = {
  msgid: string;
  topic: string;
  clientid: string;
  /** The map lists it under the topic. */
  queued: boolean;
  /** Its item of mqtt_msg. */
  item: Item | undefined;
  /** Items of mqtt_acked of the topic: the last ack of every client. */
  acks: readonly Item[];
};

/** Why the queue of the topic does not give this message to anybody; undefined when it does. */
export function messageFault({ msgid, topic, clientid, queued, item, acks }: MessageFacts): MessageFault | undefined {
  if (queued) {
    if (item === undefined) return 'message_gone';
    return isReadableMessage(item) ? undefined : 'message_unreadable';
  }
  if (item !== undefined) return (textOf(item, 'topic') ?? topic) === topic ? 'message_not_in_map' : 'other_topic';
  const ackers = acks.filter((ack) => textOf(ack, 'msgid') === msgid).map((ack) => textOf(ack, 'clientid'));
  if (ackers.includes(clientid)) return 'acked_by_client';
  if (ackers.length > 0) return 'acked_by_other';
  return acks.some((ack) => isLater(textOf(ack, 'msgid'), msgid)) ? 'acked_earlier' : 'message_unknown';
}

function isLater(ack: string | undefined, msgid: string): boolean {
  const acked = ack === undefined ? undefined : msgidMillis(ack);
  const made = msgidMillis(msgid);
  return acked !== undefined && made !== undefined && acked > made;
}

/** Ids in the order in which their messages were published; ids that tell no time come last. Text order is another one. */
export function inTimeOrder(ids: readonly string[]): string[] {
  return ids
    .map((id) => ({ id, at: msgidMillis(id) ?? Infinity }))
    .sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at - b.at))
    .map(({ id }) => id);
}
