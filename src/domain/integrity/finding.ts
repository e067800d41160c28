import type { ItemChange } from '../changes/change.ts';
import type { TableName } from '../records/tables.ts';

/** One thing that is wrong, read a second time before it is told. */
export type Finding = {
  check: string;
  table: TableName;
  /** The partition key of the item that was found: what stands in one part of the key space together. */
  key: string;
  /** The sort key, where the table has one. */
  sort?: string | undefined;
  /** What of the item is meant: an attribute, an id. */
  about?: string | undefined;
  /** Which item, and what of it, for people. */
  subject: string;
  detail?: string | undefined;
};

/** What mends findings, as it is written to a plan. Everything in it is looked at again before it is carried out. */
export type Repair = { checks: readonly string[]; subject: string } & (
  | { do: 'change'; change: ItemChange }
  /** The message is gone: take its id from the topic. */
  | { do: 'take-id'; topic: string; msgid: string }
  /** The message is stored: list it under its topic. */
  | { do: 'add-id'; topic: string; msgid: string }
  /** The message belongs to `own`: list it there, and take its id from `topic`. */
  | { do: 'move-id'; topic: string; own: string; msgid: string }
  /** Nothing else knows the client: delete its ack. */
  | { do: 'drop-ack'; change: ItemChange; clientid: string }
);

/** What was found of one thing, and how it is mended. */
export type Found = { findings: readonly Finding[]; repairs: readonly Repair[] };

export const NOTHING_FOUND: Found = { findings: [], repairs: [] };
