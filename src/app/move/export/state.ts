import type { ExportManifest } from '../../../domain/export/manifest.ts';
import type { Item } from '../../../domain/item.ts';
import type { TableDefinition } from '../../../domain/schema/definition.ts';
import type { DataFileFacts } from '../../../files/data-file.ts';

/** A data file that is complete. */
export type StoredFile = DataFileFacts & { name: string };

/** One part of a table: the files that are complete, and the key of the last item in them. */
export type SegmentState = { files: StoredFile[]; after: Item | null; done: boolean };

/** How far the export of one table is. Times in Unix milliseconds; `endedAt` is set when all items are stored. */
export type TableState = {
  table: string;
  live: string;
  exportId: string;
  arn: string;
  id: string;
  schema: TableDefinition;
  startedAt: number | null;
  endedAt: number | null;
  units: number;
  segments: SegmentState[];
};

/** How far an export is. A run that goes on must be of the same target and the same options. */
export type ExportState = {
  tool: string;
  startedAt: number;
  target: { label: string; tables: { name: string; id: string | null; key: string }[] };
  options: Readonly<Record<string, unknown>>;
  tables: TableState[];
};

/** What a finished export came to. */
export type Exported = { folder: string; manifest: ExportManifest; resumed: boolean };
