import type { HookEvent, Millis } from './event.ts';

/** The topic of a message event, or the filter of a session event; clients have none. */
export function topicOf(event: HookEvent): string | undefined {
  switch (event.hook) {
    case 'message.publish':
      return event.message.topic;
    case 'message.acked':
      return event.topic;
    case 'session.subscribed':
    case 'session.unsubscribed':
      return event.filter;
    case 'client.connected':
    case 'client.disconnected':
      return undefined;
  }
}

/** When an event happened, as far as its record tells. */
export function timeOf(event: HookEvent): Millis | undefined {
  switch (event.hook) {
    case 'message.publish':
      return event.message.arrivedMs;
    case 'client.connected':
      return event.onlineAtMs;
    case 'client.disconnected':
      return event.offlineAtMs;
    default:
      return undefined;
  }
}
