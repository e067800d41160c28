import type { Decoded } from './event.ts';
import type { JsonRecord } from './record.ts';

/** What a decoder may need to know beside the record itself. */
export type DecodeOptions = {
  /** Node name for formats that do not tell it. */
  node: string;
};

/** One recorded format: how to tell it and how to read it. One file each, one line in the registry. */
export type EventFormat = {
  name: string;
  /** True when a record can only be of this format. */
  detects(record: JsonRecord): boolean;
  decode(record: JsonRecord, options: DecodeOptions): Decoded;
};
