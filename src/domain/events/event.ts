/** A time in Unix milliseconds; a bigint where a recording's digits are more than a double holds. */
export type Millis = number | bigint;

/** What a message carries on its way in, as far as a recording shows it. */
export type RecordedMessage = {
  /** The broker's id as 32 upper-case hexadecimal digits; made from the content when the recording has none. */
  guid: string;
  topic: string;
  /** Publishing client; `undefined`, EMQX's own word, when the recorder did not see it. */
  sender: string;
  qos: number;
  retain: boolean;
  /** Set when the broker sent a stored message once more; it is not stored again as retained. */
  redispatched?: true;
  /** Text, or the exact bytes where they are not UTF-8. */
  payload: string | Uint8Array;
  /** Set when the recorder lost the end of the payload: it wrote so many of so many bytes. */
  cut?: { recorded: number; sent: number };
  /** The message's own time in Unix milliseconds. */
  arrivedMs: Millis;
};

/** One invocation of an EMQX hook, under EMQX's own name for it. */
export type HookEvent =
  | { hook: 'client.connected'; clientid: string; node: string; onlineAtMs: Millis }
  | {
      hook: 'client.disconnected';
      clientid: string;
      offlineAtMs: Millis;
      reason: string;
      /** When the session connected that ended, where the broker tells it. */
      connectedAtMs?: Millis | undefined;
    }
  | { hook: 'session.subscribed'; clientid: string; filter: string }
  | { hook: 'session.unsubscribed'; clientid: string; filter: string }
  | { hook: 'message.publish'; message: RecordedMessage }
  | { hook: 'message.acked'; clientid: string; topic: string; guid: string };

export type Hook = HookEvent['hook'];

/** Reasons why a record is not applied. They are part of the reject file's contract. */
export type RejectReason =
  | 'json_syntax'
  | 'utf8'
  | 'unpaired_surrogate'
  | 'line_too_long'
  | 'too_deep'
  | 'duplicate_key'
  | 'unknown_event'
  | 'field_missing'
  | 'field_type'
  | 'field_value'
  | 'unsafe_number'
  | 'number_range'
  | 'payload_length'
  | 'key_empty'
  | 'key_too_long'
  | 'item_too_large'
  | 'msgid_conflict'
  | 'topic_set_full'
  | 'refused'
  /** Read from a pipe, and could not be sent before the run ended. */
  | 'unsent';

export type Reject = { reason: RejectReason; detail: string };

/**
 * What became of one record: an event, a record of a kind that has no effect, or a reject. `untimed`: the record tells no
 * time, and that of the recording stands for it.
 */
export type Decoded = { event: HookEvent; untimed?: true } | { skip: string } | { reject: Reject };

export const rejected = (reason: RejectReason, detail: string): { reject: Reject } => ({ reject: { reason, detail } });

/** The event that a reader came to, or its first fault. */
export function decodedBy({ fault, untimed }: { fault: Reject | undefined; untimed: boolean }, event: HookEvent): Decoded {
  if (fault !== undefined) return { reject: fault };
  return untimed ? { event, untimed } : { event };
}

/** EMQX's own word for a value that it does not have. */
export const UNDEFINED = 'undefined';
