import type { Item } from '../item.ts';

/** What a replay came to. `read = applied + superseded + skipped + rejected`. */
export type ReplayView = {
  read: number;
  applied: number;
  superseded: number;
  skipped: number;
  rejected: number;
  /** Events for which each action ran. */
  actions: Readonly<Record<string, number>>;
  /** Calls to DynamoDB, their write units, and writes of each kind by table. */
  writer: {
    requests: number;
    retries: number;
    units: number;
    tables: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  checkpoint: string | undefined;
  overwritten: number;
  outOfOrder: number;
  cut: number;
  binary: number;
  reconciled: number;
};

/** An item that a replay would change. */
export type DiffView = {
  change: 'added' | 'changed' | 'removed';
  table: string;
  key: Item;
  before: Item | undefined;
  after: Item | undefined;
};
