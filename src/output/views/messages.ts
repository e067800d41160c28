import type { Item } from '../../domain/item.ts';
import { microsToIso } from '../../domain/mqtt/msgid.ts';
import type {
  ClientPendingView,
  MessageIdView,
  MessageView,
  PendingState,
  PendingView,
  RetainedView,
  WaitingView,
  WildcardView,
} from '../../domain/views/messages.ts';
import { itemOf, namesOf, valueOf } from '../items.ts';

/** A waiting message's states as they are shown. */
const SHOWN_STATES: Readonly<Record<PendingState, string>> = {
  deliverable: 'waiting',
  unreadable: 'message_unreadable',
  gone: 'message_gone',
};

export function messageIdItem({ msgid, timestampMicros, node, sequence, hex }: MessageIdView): Item {
  return itemOf({ msgid, time: isoOf(timestampMicros), timestampMicros, node, sequence, hex });
}

export function pendingItem(view: PendingView): Item {
  return { ...waitingItem(view), state: valueOf(SHOWN_STATES[view.state]) };
}

/** A message as one client would get it, or a wildcard subscription, behind which there is none. */
export function clientPendingItem(view: ClientPendingView | WildcardView): Item {
  const shown = view.msgid === undefined ? wildcardItem(view) : waitingItem(view);
  return { ...shown, deliverable: valueOf(view.fault === undefined), reason: valueOf(view.fault) };
}

function waitingItem({ msgid, micros, age, topic, sender, qos, bytes, preview }: WaitingView): Item {
  return {
    msgid: valueOf(msgid),
    time: valueOf(isoOf(micros)),
    age: valueOf(age),
    topic: valueOf(topic),
    sender: sender ?? valueOf(undefined),
    qos: qos ?? valueOf(undefined),
    bytes: valueOf(bytes),
    preview: valueOf(preview),
  };
}

function wildcardItem({ topic, qos }: WildcardView): Item {
  return itemOf({ msgid: null, time: null, age: null, topic, sender: null, qos, bytes: null, preview: null });
}

export function retainedItem({ item, age, bytes }: RetainedView): Item {
  return { ...item, age: valueOf(age), bytes: valueOf(bytes) };
}

/** A message with its stored attributes, where there are any. */
export function messageItem({
  msgid,
  micros,
  topic,
  item,
  stored,
  queued,
  retained,
  acks,
  bytes,
  payloadForm,
}: MessageView): Item {
  return {
    ...itemOf({ topic }),
    ...item,
    msgid: valueOf(msgid),
    time: valueOf(isoOf(micros)),
    stored: valueOf(stored),
    queued: valueOf(queued),
    retained: valueOf(retained),
    acks: namesOf(acks),
    ...itemOf({ bytes, payloadForm }),
  };
}

function isoOf(micros: bigint | undefined): string | null {
  return (micros === undefined ? undefined : microsToIso(micros)) ?? null;
}
