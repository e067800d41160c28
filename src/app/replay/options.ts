import type { EventFormat, PayloadEncoding } from '../../domain/events/format.ts';
import type { RetainedPolicy } from '../../domain/events/retained.ts';
import type { ApplyOptions } from '../../domain/hooks/apply.ts';
import type { Shard } from '../../domain/hooks/shard.ts';

/** How much a window may hold. */
export type WindowBounds = { events: number; bytes: number };

/** What every replay has to know, whatever becomes of its windows. */
export type ReplayOptions = ApplyOptions & {
  /** Undefined tells the format of each record by itself. */
  format: EventFormat | undefined;
  node: string;
  payloadEncoding: PayloadEncoding;
  retainedAsOld?: RetainedPolicy | undefined;
  /** Only events of these topics; undefined for all. */
  topic: string | undefined;
  ignoreUnknown: boolean;
  maxRejects: number;
  /** A JSON key twice in a record, and a message id that comes again with other content, are rejects. */
  strict: boolean;
  shard: Shard | undefined;
  signal: AbortSignal;
  notice: (sentence: string) => void;
  /** Other bounds of a window than the usual ones. */
  window?: WindowBounds;
};
