import type { Counts } from '../import/counts.ts';

/** What an import did to a table, under its live name. */
export type ImportedTableView = Counts & { table: string };

/** What an import came to. */
export type ImportView = {
  total: Counts;
  /** Calls to DynamoDB and their write units. */
  writer: { requests: number; retries: number; units: number };
  checkpoint: string | undefined;
  seconds: number;
};

/** What an import would do to a table. `seconds` is undefined where nothing limits the write units a second. */
export type PlannedTableView = {
  table: string;
  live: string;
  status: 'empty' | 'has items' | 'missing';
  items: number;
  put: number;
  update: number;
  delete: number;
  bytes: number;
  writeUnits: number;
  seconds: number | undefined;
};
