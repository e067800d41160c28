import { isRun, type HookRule } from '../hooks/rules.ts';
import { numberOf, setOf, textOf, type Item } from '../item.ts';
import { effectiveFilter } from '../mqtt/topic.ts';

/** A subscription as the backend's hooks see it: `filter` without `$share/<group>/` and the like. */
export type ClientSubscription = { text: string; filter: string; qos: number; isNew: boolean };

/** Why a subscription makes the backend look nothing up. */
export type LookupSkip = 'hook_skips_topic' | 'qos0_subscription' | 'old_subscription';

/** The key that the backend reads, or why it reads none. */
export type Lookup = { topic: string } | { skip: LookupSkip };

/** A subscription from its text. QoS defaults to 0, as in the backend. */
export function clientSubscription(text: string, qos = 0, isNew = true): ClientSubscription {
  return { text, filter: effectiveFilter(text).filter, qos, isNew };
}

/**
 * on_subscribe_lookup: what the broker subscribes a connecting client to, from its items of mqtt_sub. A rule with a filter on
 * a client hook fails in the backend, so it makes no subscription. Source: emqx_backend_dynamo 4.3.5.
 */
export function subscribeLookup(items: readonly Item[], rules: readonly HookRule[]): ClientSubscription[] {
  if (!isSubscribing(rules)) return [];
  return items.map((item) => clientSubscription(textOf(item, 'topic') ?? '', Number(numberOf(item, 'qos') ?? 0)));
}

/** Whether the rules have a connecting client subscribed to anything. */
export function isSubscribing(rules: readonly HookRule[]): boolean {
  return rules.some(({ action, filter }) => action === 'on_subscribe_lookup' && filter === undefined);
}

/**
 * on_message_fetch_for_queue: the topic whose waiting messages a subscription fetches. The rule's filter, QoS above 0 and a
 * new subscription are its conditions, in this order; the key is the filter's own text. Source: emqx_backend_dynamo 4.3.5.
 */
export function queueLookup({ filter, qos, isNew }: ClientSubscription, rules: readonly HookRule[]): Lookup {
  if (!isRun('on_message_fetch_for_queue', rules, filter)) return { skip: 'hook_skips_topic' };
  if (!(qos > 0)) return { skip: 'qos0_subscription' };
  return isNew ? { topic: filter } : { skip: 'old_subscription' };
}

/** on_retain_lookup: the topic whose retained message a subscription gets. Neither QoS nor newness matters. */
export function retainLookup({ filter }: ClientSubscription, rules: readonly HookRule[]): Lookup {
  return isRun('on_retain_lookup', rules, filter) ? { topic: filter } : { skip: 'hook_skips_topic' };
}

/** The ids that an item of mqtt_topic_msg_map lists; an item without the set, left over from acks, lists none. */
export function queuedIds(item: Item | undefined): readonly string[] {
  return item === undefined ? [] : setOf(item, 'MsgId');
}

/** True when the map item holds something else than the set that the backend reads. */
export function isDamagedQueue(item: Item | undefined): boolean {
  return item?.['MsgId'] !== undefined && !('SS' in item['MsgId']);
}

/**
 * Whether the backend can make a message of a stored item: its reader takes topic and payload as strings and the QoS as a
 * number, and breaks on anything else. Source: emqx_backend_dynamo 4.3.5.
 */
export function isReadableMessage(item: Item): boolean {
  return textOf(item, 'topic') !== undefined && textOf(item, 'payload') !== undefined && numberOf(item, 'qos') !== undefined;
}
