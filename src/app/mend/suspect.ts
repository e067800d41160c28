import type { Item } from '../../domain/item.ts';
import type { TableName } from '../../domain/records/tables.ts';

/** What looked wrong when it was read. Whether it is, a second reading tells. */
export type Suspect =
  | { is: 'item'; table: TableName; item: Item }
  /** The topic lists the id, and no message has it. */
  | { is: 'gone'; topic: string; msgid: string }
  /** The message is stored, and its topic does not list it. */
  | { is: 'unlisted'; topic: string; msgid: string; queued: boolean }
  /** The topic lists the id of a message that belongs to another. */
  | { is: 'elsewhere'; topic: string; own: string; ownLists: boolean; msgid: string }
  | { is: 'ack-unknown'; topic: string; clientid: string; msgid: string }
  | { is: 'ack-behind'; topic: string; clientid: string; msgid: string; oldest: string }
  | { is: 'ghost'; clientid: string; node: string; onlineAt: string };

export type SuspectOf<Kind extends Suspect['is']> = Extract<Suspect, { is: Kind }>;
