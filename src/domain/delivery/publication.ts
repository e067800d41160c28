import { Buffer } from 'node:buffer';
import { numberOf, textOf, type Item } from '../item.ts';
import { topicNameFault } from '../mqtt/topic.ts';
import { isReadableMessage } from './fetch.ts';

/** A stored message as it is published. */
export type Publication = { topic: string; msgid: string; qos: 0 | 1 | 2; retain: boolean; payload: Uint8Array };

/** Why a stored message cannot be published. The codes are part of the command line contract. */
export type PublicationFault =
  'message_gone' | 'message_unreadable' | 'other_topic' | 'invalid_topic' | 'retained_empty' | 'payload_too_large';

/** Bytes of the fields of a PUBLISH besides topic, payload and msgid: header, lengths, packet id, user property `mqdyn-msgid`. */
const OVERHEAD = 5 + 2 + 2 + 4 + 16;

/** Bytes of a PUBLISH at the most. */
export function packetBytes({ topic, msgid, payload }: Publication): number {
  return OVERHEAD + Buffer.byteLength(topic) + Buffer.byteLength(msgid) + payload.length;
}

/**
 * A stored message as a publication to its topic, or why it is none. `topic` is where it was found: an item of another topic is not
 * what waits there, and one that the backend cannot read is promised to nobody.
 */
export function publicationOf(
  item: Item,
  { topic, msgid, retain }: { topic: string; msgid: string; retain: boolean },
): Publication | { fault: PublicationFault } {
  const payload = textOf(item, 'payload');
  const qos = qosOf(item);
  const own = textOf(item, 'topic');
  if (!isReadableMessage(item) || payload === undefined || qos === undefined) return { fault: 'message_unreadable' };
  if (own !== topic) return { fault: 'other_topic' };
  // what a broker says about itself is not for others to publish; some end the connection
  if (topicNameFault(topic) !== undefined || topic.startsWith('$SYS/')) return { fault: 'invalid_topic' };
  // to the broker it would be the order to forget the retained message
  if (retain && payload.length === 0) return { fault: 'retained_empty' };
  return { topic, msgid, qos, retain, payload: Buffer.from(payload, 'utf8') };
}

function qosOf(item: Item): 0 | 1 | 2 | undefined {
  const digits = numberOf(item, 'qos');
  return digits === '0' ? 0 : digits === '1' ? 1 : digits === '2' ? 2 : undefined;
}
