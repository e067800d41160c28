import type { LiveTable } from '../schema/live.ts';

/**
 * A table by its live name, and what DynamoDB tells of it; undefined when it is missing. `ours`: it has the name of a table that a
 * schema file defines.
 */
export type TableView = { table: string; live: LiveTable | undefined; ours: boolean };
