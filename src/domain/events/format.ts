import type { Decoded } from './event.ts';
import type { JsonRecord } from './record.ts';
import type { RetainedPolicy } from './retained.ts';

/** How a recorder wrote payloads down. The records do not say it themselves. */
export const PAYLOAD_ENCODINGS = ['plain', 'base62', 'base64'] as const;
export type PayloadEncoding = (typeof PAYLOAD_ENCODINGS)[number];

/** What a decoder may need to know beside the record itself. */
export type DecodeOptions = {
  /** Node name for formats that do not tell it. */
  node: string;
  /** For formats whose payload is encoded by an option of the recorder; plain when left out. */
  payloadEncoding?: PayloadEncoding | undefined;
  /** Unix milliseconds for records that tell no time: of the recording, or of now where it is read as it happens. */
  fallbackMillis?: number | undefined;
  /** For formats of a subscriber; stored when left out, since no recording tells whether the flag is the publisher's own. */
  retainedAsOld?: RetainedPolicy | undefined;
};

/** One recorded format: how to tell it and how to read it. One file each, one line in the registry. */
export type EventFormat = {
  name: string;
  /** Said once per run when a record of this format was decoded: what it cannot tell. */
  notice?: string;
  /** Messages as a subscriber received them: with no more than the QoS of its subscription, and some because they were retained. */
  received?: true;
  /** True when a record can only be of this format; no two formats claim the same record. */
  detects(record: JsonRecord): boolean;
  decode(record: JsonRecord, options: DecodeOptions): Decoded;
};
