import type { Hook } from '../events/event.ts';

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

/** One line of the backend's configuration: run this action on that hook, where the topic passes the filter. */
export type HookRule = { hook: Hook; action: Action; filter?: string };

/** What runs when no configuration says otherwise; `on_message_store` is off. Source: facts section 1.2. */
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
