import type { LiveTable } from '../schema/live.ts';

/** A table by its live name, and what DynamoDB tells of it; undefined when it is missing. */
export type TableView = { table: string; live: LiveTable | undefined };
