import * as fc from 'fast-check';
import type { RuleEvent } from './reference-model.ts';

const CLIENTS = 6;
const TOPICS = 6;
const MESSAGES = 12;
const START = 1_714_727_730_250;

/** An event that is not tied to a namespace yet: small numbers, so that keys collide. */
export type Draft =
  | { kind: 'connect' | 'disconnect'; client: number }
  | { kind: 'replaced'; client: number; reason: number }
  | { kind: 'publish'; client: number; topic: number; message: number; qos: number; retain: boolean; payload: number }
  | { kind: 'ack' | 'deliver'; client: number; topic: number; message: number }
  | { kind: 'subscribe' | 'unsubscribe'; client: number; topic: number };

const client = fc.nat(CLIENTS - 1);
const topic = fc.nat(TOPICS - 1);
const message = fc.nat(MESSAGES - 1);

const draft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('connect' as const, 'disconnect' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replaced' as const), client, reason: fc.nat(2) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      client,
      topic,
      message,
      qos: fc.nat(2),
      retain: fc.boolean(),
      payload: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('ack' as const, 'deliver' as const), client, topic, message }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('subscribe' as const, 'unsubscribe' as const), client, topic }) },
);

/** 1 to 300 events. */
export const drafts = fc.oneof(
  { weight: 4, arbitrary: fc.array(draft, { minLength: 1, maxLength: 60, size: 'max' }) },
  { weight: 1, arbitrary: fc.array(draft, { minLength: 1, maxLength: 300, size: 'max' }) },
);

/** Window, calls in flight and pieces of the input of one run. */
export const runShape = fc.record({
  events: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 5, arbitrary: fc.integer({ min: 6, max: 300 }) },
  ),
  concurrency: fc.integer({ min: 1, max: 8 }),
  chunk: fc.integer({ min: 1, max: 4_096 }),
});

/** Topics of one namespace. Some differ in nothing but where client id and topic meet. */
function topicsOf(space: string): string[] {
  return [`${space}/a`, `${space}/a/b`, `${space}/"ü`, `${space}/a b`, `${space}/\u2028`, `${space}/a/b/`];
}

function clientsOf(space: string): string[] {
  return [`${space}/a`, `${space}/a/b`, `${space}:1`, `${space}/\u{1f9ea}`, `${space}"`, space];
}

const PAYLOADS = ['', 'x', '{"t":21.5}', '\u0000ü'];
const REASONS = ['takeovered', 'takenover', 'discarded'];

/** Keys that events of a namespace can touch, by table. */
export function keysOf(space: number): Record<string, Record<string, { S: string }>[]> {
  const name = `s${space}`;
  const topics = topicsOf(name);
  const clients = clientsOf(name);
  return {
    mqtt_client: clients.map((clientid) => ({ clientid: { S: clientid } })),
    mqtt_topic_msg_map: topics.map((each) => ({ topic: { S: each } })),
    mqtt_retain: topics.map((each) => ({ topic: { S: each } })),
    mqtt_acked: topics.flatMap((each) => clients.map((clientid) => ({ topic: { S: each }, clientid: { S: clientid } }))),
  };
}

export function messageIds(space: number): string[] {
  return Array.from({ length: MESSAGES }, (_, index) => messageId(space, index));
}

function messageId(space: number, index: number): string {
  return `00061789293F818B${(0xf4_40_00_00 + space).toString(16).padStart(12, '0')}${index.toString(16).padStart(4, '0')}`.toUpperCase();
}

/** The events of a stream as the rule engine writes them, in a namespace of their own. */
export function eventsOf(space: number, stream: readonly Draft[], emptyPayloads = true): RuleEvent[] {
  const name = `s${space}`;
  const topics = topicsOf(name);
  const clients = clientsOf(name);
  return stream.map((one, index): RuleEvent => {
    const timestamp = START + index * 1_000;
    const clientid = clients[one.client]!;
    switch (one.kind) {
      case 'connect':
        return { event: 'client.connected', clientid, node: `n${index % 3}`, timestamp };
      case 'disconnect':
        return { event: 'client.disconnected', clientid, reason: 'normal', timestamp };
      case 'replaced':
        return { event: 'client.disconnected', clientid, reason: REASONS[one.reason]!, timestamp };
      case 'publish':
        return {
          event: 'message.publish',
          id: messageId(space, one.message),
          clientid,
          topic: topics[one.topic]!,
          qos: one.qos,
          flags: { retain: one.retain },
          // an engine that stores no empty text is asked for none
          payload: PAYLOADS[one.payload]! || (emptyPayloads || one.retain ? '' : 'e'),
          publish_received_at: timestamp,
          timestamp,
        };
      case 'ack':
      case 'deliver':
        return {
          event: one.kind === 'ack' ? 'message.acked' : 'message.delivered',
          id: messageId(space, one.message),
          clientid,
          topic: topics[one.topic]!,
          timestamp,
        };
      case 'subscribe':
      case 'unsubscribe':
        return { event: `session.${one.kind}d`, clientid, topic: topics[one.topic]!, timestamp };
    }
  });
}
