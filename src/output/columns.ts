import { ATTRIBUTES, isBackendTable, TIME_ATTRIBUTES } from '../domain/records/tables.ts';
import type { Column } from './document.ts';

/** Columns of a backend table in their order; none for a table that is not one of the six. */
export function tableColumns(table: string): Column[] {
  return isBackendTable(table) ? columns(ATTRIBUTES[table]) : [];
}

/** Columns by name; those that hold a time are shown as one. */
export function columns(names: readonly string[]): Column[] {
  return names.map((name) => (TIME_ATTRIBUTES.has(name) ? { name, kind: 'time' } : { name }));
}

/** Members of a replay's result in their order. */
export const REPLAY_COLUMNS: readonly Column[] = [
  ...['read', 'applied', 'superseded', 'skipped', 'rejected'].map((name) => ({ name })),
  { name: 'actions', kind: 'counts' },
  { name: 'writes', kind: 'counts' },
  ...['requests', 'retries', 'consumedCapacity', 'seconds', 'checkpoint'].map((name) => ({ name })),
];

/** Members of a difference in their order. */
export const DIFFERENCE_COLUMNS: readonly Column[] = ['table', 'path', 'want', 'have', 'change'].map((name) => ({ name }));

/** A difference, and what became of it. */
export const APPLY_COLUMNS: readonly Column[] = [...DIFFERENCE_COLUMNS, { name: 'status' }];
