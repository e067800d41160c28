import { effectiveFilter } from '../mqtt/topic.ts';
import { dollarTopic, presenceOfTopic, unwrapped, type Presence } from './envelope.ts';
import { decodedBy, rejected, UNDEFINED, type HookEvent } from './event.ts';
import { FieldReader } from './field-reader.ts';
import type { EventFormat } from './format.ts';

/**
 * Presence messages of a broker, `$SYS/brokers/<node>/clients/<clientid>/connected` and the like, as a subscriber recorded
 * them. Node and client come from the topic; the body names no node. Source: EMQX documentation, System Topic.
 */
export const sys: EventFormat = {
  name: 'sys',
  detects({ fields }) {
    const topic = dollarTopic(fields);
    return topic !== undefined && presenceOfTopic(topic) !== undefined;
  },
  decode(record) {
    const topic = dollarTopic(record.fields);
    const presence = topic === undefined ? undefined : presenceOfTopic(topic);
    if (presence === undefined) return rejected('unknown_event', 'not a message on $SYS/brokers/<node>/clients/...');
    const inner = unwrapped(record);
    if ('reject' in inner) return inner;
    const read = new FieldReader(inner.record);
    const event = eventOf(presence, read, new FieldReader(record));
    return decodedBy(read, event);
  },
};

function eventOf({ node, clientid, change }: Presence, read: FieldReader, outer: FieldReader): HookEvent {
  outer.text('topic');
  if (outer.fault !== undefined) read.fail(outer.fault.reason, outer.fault.detail);
  switch (change) {
    case 'connected':
      return { hook: 'client.connected', clientid, node, onlineAtMs: read.millis('connected_at', 'ts') };
    case 'disconnected': {
      const reason = read.optionalText('reason') ?? UNDEFINED;
      const offlineAtMs = read.millis('disconnected_at', 'ts');
      return { hook: 'client.disconnected', clientid, reason, offlineAtMs, connectedAtMs: read.optionalMillis('connected_at') };
    }
    default: {
      const filter = effectiveFilter(read.text('topic')).filter;
      return { hook: change === 'subscribed' ? 'session.subscribed' : 'session.unsubscribed', clientid, filter };
    }
  }
}
