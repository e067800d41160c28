import type { ConnectionOptions } from '../../broker/mqtt-connection.ts';
import type { DeliverView } from '../../domain/views/deliver.ts';
import type { Choice } from './stored-messages.ts';
import type { UnsentCount } from './unsent.ts';
import type { ReadContext } from '../views/table-reader.ts';

/** `online`: clients that are online on the target; undefined where nobody is. `expiry` is in seconds, the longest unless it was named. */
export type SessionOptions = { online: ReadonlySet<string> | undefined; expiry: number; isExpiryNamed: boolean };

export type DeliverOptions = ReadContext & {
  choice: Choice;
  /** The broker and who connects; client id and clean start are those of the publishing connection. */
  broker: ConnectionOptions;
  /** The client id of the publishing connection where it was chosen: it must be nobody else's. */
  ownClientId: string | undefined;
  /** Makes sessions first. */
  sessions: SessionOptions | undefined;
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

/** `present`: sessions among those made that the broker had already; `online`: clients that were left alone. */
export type DeliverResult = DeliverView & { unsent: UnsentCount[]; present: number; online: number };
