import type { ConnectionOptions } from '../../broker/mqtt-connection.ts';
import type { DeliverView } from '../../domain/views/deliver.ts';
import type { Choice } from './stored-messages.ts';
import type { UnsentCount } from './unsent.ts';
import type { ReadContext } from '../views/table-reader.ts';

export type DeliverOptions = ReadContext & {
  choice: Choice;
  /** The broker and who connects; client id and clean start are those of the publishing connection. */
  broker: ConnectionOptions;
  /** Makes sessions first; `online` are clients that are online on the target, `expiry` is in seconds. */
  sessions: { online: ReadonlySet<string>; expiry: number } | undefined;
  /** Messages a second at the most. */
  rate: number | undefined;
  /** Bytes of a payload at the most. */
  maxPayload: number | undefined;
  /** What the broker acknowledged leaves the tables. */
  ack: boolean;
  journal: string;
  resume: boolean;
  progress: (text: string) => void;
};

/** `present`: sessions among those made that the broker had already. */
export type DeliverResult = DeliverView & { unsent: UnsentCount[]; present: number };
