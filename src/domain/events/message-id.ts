import { guidOf } from '../mqtt/msgid-text.ts';
import type { Millis } from './event.ts';
import type { FieldReader } from './field-reader.ts';
import { synthesiseGuid } from './synthesise-id.ts';

/** Stands for the id of a record that has a fault. */
export const NO_GUID = '0'.repeat(32);

/** The message id in a field. An empty one, as durable sessions write it, ties an event to no message and is a fault. */
export function messageId(read: FieldReader, name: string): string {
  const value = read.known(name);
  if (typeof value === 'string') {
    const guid = guidOf(value);
    if (guid !== undefined) return guid;
    if (value === '') read.fail('field_missing', `${name} is empty (durable sessions leave it out): the message is unknown`);
    else read.fail('field_value', `${name} is not a hexadecimal message id`);
  } else if (value === undefined) {
    read.fail('field_missing', name);
  } else {
    read.fail('field_type', `${name} must be a string`);
  }
  return NO_GUID;
}

/** The time in a broker's own id, for a record that has no other: the message's, within the second in which it came. */
export function millisOf(guid: string): number {
  return Number(BigInt(`0x${guid.slice(0, 16)}`) / 1000n);
}

/** What a recording without ids still tells of a message: it is the same in the publish and in every ack of it. */
type Message = { sender: string; topic: string; arrivedMs: Millis; payload: string | Uint8Array };

/** An id made from what the publish and its ack have in common, so that the ack finds its publish. */
export function idFromContent({ sender, topic, arrivedMs, payload }: Message): string {
  return synthesiseGuid({ timestampMicros: BigInt(arrivedMs) * 1000n, sender, topic, payload });
}
