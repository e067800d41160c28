import { isRun, type HookRule } from '../hooks/rules.ts';
import { numberOf, textOf, type Item } from '../item.ts';

/**
 * Whether the rules queue a message, that is list its id under its topic: on_message_publish does, for QoS 1 and 2 under the
 * topics of its filter. Everything else in mqtt_msg was stored by on_message_store. Source: emqx_backend_dynamo 4.3.5.
 */
export function isQueuedByRules(message: Item, rules: readonly HookRule[]): boolean {
  const topic = textOf(message, 'topic');
  if (topic === undefined || !(Number(numberOf(message, 'qos') ?? 0) > 0)) return false;
  return isRun('on_message_publish', rules, topic);
}
