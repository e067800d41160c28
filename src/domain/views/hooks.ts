import type { HookRule } from '../hooks/rules.ts';
import type { TableName } from '../records/tables.ts';

/** What runs on which hook, for which topics, the tables that it writes and reads, and where its pool sends them. */
export type HookView = Omit<HookRule, 'pool'> & {
  writes: readonly TableName[];
  reads: readonly TableName[];
  pool?: { name: string; server: string; region: string };
};
