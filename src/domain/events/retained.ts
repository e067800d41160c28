import type { RecordedMessage } from './event.ts';

/** What becomes of messages that a subscriber was sent because they were retained. */
export const RETAINED_POLICIES = ['store', 'skip'] as const;
export type RetainedPolicy = (typeof RETAINED_POLICIES)[number];

type Message = Pick<RecordedMessage, 'retain' | 'payload'> & { cut?: RecordedMessage['cut'] | undefined };

/** A retained message without payload clears what is retained; a payload that the recorder lost is not empty. */
export function clearsRetained({ retain, payload, cut }: Message): boolean {
  return retain && payload.length === 0 && cut === undefined;
}

/**
 * Whether a subscriber was sent a message because it was retained, and not because it was published just then: its flag says
 * so, unless the subscriber asked for the flag as it was published, which no recording tells. What clears a retained message
 * is never retained itself. Source: MQTT 3.1.1, section 3.3.1.3.
 */
export function isOld(received: Message): boolean {
  return received.retain && !clearsRetained(received);
}
