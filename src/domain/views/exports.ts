import type { ExportContent } from '../export/summary.ts';
import type { TopicView } from './topics.ts';

/** What is in one table of an export. Bytes as DynamoDB counts items; times of messages in Unix milliseconds. */
export type InspectedTable = {
  table: string;
  content: ExportContent;
  /** Items, or changes of an incremental export. */
  items: number;
  bytes: number;
  /** Bytes of the largest item. */
  largest: number;
  oldest: number | undefined;
  newest: number | undefined;
};

export type InspectedExport = { tables: InspectedTable[]; topics: TopicView[] };
