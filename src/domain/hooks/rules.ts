import type { Hook } from '../events/event.ts';
import { topicMatches } from '../mqtt/topic.ts';
import type { TableName } from '../records/tables.ts';

/** The functions of the backend, under its own names. */
export const ACTIONS = [
  'on_client_connected',
  'on_subscribe_lookup',
  'on_client_disconnected',
  'on_message_fetch_for_queue',
  'on_retain_lookup',
  'on_acked_delete',
  'on_message_publish',
  'on_message_retain',
  'on_retain_delete',
  'on_message_store',
  'on_message_acked_for_queue',
] as const;

export type Action = (typeof ACTIONS)[number];

/** One line of the backend's configuration: run this action on that hook, where the topic passes the filter. `pool`: where. */
export type HookRule = { hook: Hook; action: Action; filter?: string; pool?: string };

export function isAction(name: string): name is Action {
  return (ACTIONS as readonly string[]).includes(name);
}

/** The hook that each function is made for; on another one it does nothing. */
export const HOOK_OF: Readonly<Record<Action, Hook>> = {
  on_client_connected: 'client.connected',
  on_subscribe_lookup: 'client.connected',
  on_client_disconnected: 'client.disconnected',
  on_message_fetch_for_queue: 'session.subscribed',
  on_retain_lookup: 'session.subscribed',
  on_acked_delete: 'session.unsubscribed',
  on_message_publish: 'message.publish',
  on_message_retain: 'message.publish',
  on_retain_delete: 'message.publish',
  on_message_store: 'message.publish',
  on_message_acked_for_queue: 'message.acked',
};

/** Whether some rule runs a function on its own hook: for this topic, where one is given. */
export function isRun(action: Action, rules: readonly HookRule[], topic?: string): boolean {
  return rules.some(
    (rule) =>
      rule.action === action &&
      rule.hook === HOOK_OF[action] &&
      (topic === undefined || rule.filter === undefined || topicMatches(topic, rule.filter)),
  );
}

/** The tables that a function writes and those that it reads, in its own order. Source: etc/emqx_backend_dynamo.conf 4.3.5. */
export const TABLES_OF: Readonly<Record<Action, { writes: readonly TableName[]; reads: readonly TableName[] }>> = {
  on_client_connected: { writes: ['mqtt_client'], reads: [] },
  on_subscribe_lookup: { writes: [], reads: ['mqtt_sub'] },
  on_client_disconnected: { writes: ['mqtt_client'], reads: [] },
  on_message_fetch_for_queue: { writes: [], reads: ['mqtt_topic_msg_map', 'mqtt_msg'] },
  on_retain_lookup: { writes: [], reads: ['mqtt_retain'] },
  on_acked_delete: { writes: ['mqtt_acked'], reads: [] },
  on_message_publish: { writes: ['mqtt_msg', 'mqtt_topic_msg_map'], reads: [] },
  on_message_retain: { writes: ['mqtt_retain'], reads: [] },
  on_retain_delete: { writes: ['mqtt_retain'], reads: [] },
  on_message_store: { writes: ['mqtt_msg'], reads: [] },
  on_message_acked_for_queue: { writes: ['mqtt_acked', 'mqtt_msg', 'mqtt_topic_msg_map'], reads: [] },
};

/** What runs when no configuration says otherwise; `on_message_store` is off. Source: etc/emqx_backend_dynamo.conf 4.3.5. */
export const DEFAULT_RULES: readonly HookRule[] = [
  { hook: 'client.connected', action: 'on_client_connected' },
  { hook: 'client.connected', action: 'on_subscribe_lookup' },
  { hook: 'client.disconnected', action: 'on_client_disconnected' },
  { hook: 'session.subscribed', action: 'on_message_fetch_for_queue', filter: '#' },
  { hook: 'session.subscribed', action: 'on_retain_lookup', filter: '#' },
  { hook: 'session.unsubscribed', action: 'on_acked_delete', filter: '#' },
  { hook: 'message.publish', action: 'on_message_publish', filter: '#' },
  { hook: 'message.publish', action: 'on_message_retain', filter: '#' },
  { hook: 'message.publish', action: 'on_retain_delete', filter: '#' },
  { hook: 'message.acked', action: 'on_message_acked_for_queue', filter: '#' },
];
