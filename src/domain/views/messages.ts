import type { MessageFault, SubscriptionFault } from '../delivery/judge.ts';
import type { AttributeValue, Item } from '../item.ts';
import type { PayloadForm } from '../mqtt/payload-form.ts';
import type { Guid } from '../mqtt/msgid.ts';

/** A message id in its stored form, and what it tells. */
export type MessageIdView = { msgid: string } & Guid;

/** A message whose id the map lists, or listed once. */
export type WaitingView = {
  msgid: string;
  /** When the id was made, in Unix microseconds; undefined for one that no broker made. */
  micros: bigint | undefined;
  /** Seconds since then. */
  age: number | undefined;
  topic: string;
  /** Stored attributes of the message; undefined when it is gone. */
  sender: AttributeValue | undefined;
  qos: AttributeValue | undefined;
  bytes: number | undefined;
  /** A piece of the payload. */
  preview: string | undefined;
};

/** States of a waiting message as --state names them. */
export const PENDING_STATES = ['deliverable', 'unreadable', 'gone'] as const;
export type PendingState = (typeof PENDING_STATES)[number];

export type PendingView = WaitingView & { state: PendingState };

/** A message as one client would get it; `fault` is undefined when the client would. */
export type ClientPendingView = WaitingView & { fault: MessageFault | SubscriptionFault | undefined };

/** A subscription behind which no message is ever found. */
export type WildcardView = { msgid: undefined; topic: string; qos: number; fault: 'wildcard_subscription' };

/** A retained message, its age in seconds and its size. */
export type RetainedView = { item: Item; age: number | undefined; bytes: number };

/** One message, and where the tables know it. */
export type MessageView = {
  msgid: string;
  /** When the id was made, in Unix microseconds. */
  micros: bigint | undefined;
  topic: string | undefined;
  /** Its item of mqtt_msg, or else its retained copy. */
  item: Item | undefined;
  bytes: number | undefined;
  payloadForm: PayloadForm | undefined;
  stored: boolean;
  /** The map lists it, and it is the retained message; undefined where no topic is known. */
  queued: boolean | undefined;
  retained: boolean | undefined;
  /** Clients whose last ack it is. */
  acks: string[];
};
