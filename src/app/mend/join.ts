import type { Item } from '../../domain/item.ts';
import type { TableName } from '../../domain/records/tables.ts';
import type { Suspect } from './suspect.ts';

/** A comparison of items that stand apart, made while the tables are read one after the other. */
export type Join = {
  /** Takes what it needs of an item. `isOurs` is false for what is only read for the sake of others. */
  note(table: TableName, item: Item, isOurs: boolean): void;
  /** Writes to the disk what is too much for the memory; called after every page. */
  flush(): Promise<void>;
  /** What does not fit together, once every table was read. */
  suspects(): AsyncGenerator<Suspect[]>;
  close(): Promise<void>;
};
