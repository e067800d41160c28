import type { TableDefinition } from '../schema/definition.ts';

/** A file of an export. `path` starts at the folder of the export, with `/` between its parts; `bytes` are those on the disk. */
export type ManifestFile = { path: string; bytes: number; sha256: string };

/** One table in `manifest.json`. Times are ISO 8601 in UTC. */
export type ManifestTable = {
  /** The name without a prefix, under which it is imported. */
  table: string;
  /** The name that it had where it was exported. */
  live: string;
  /** The folder with its manifests. */
  folder: string;
  startTime: string;
  endTime: string;
  itemCount: number;
  /** Bytes of the unpacked lines. */
  textBytes: number;
  consumedCapacity: number;
  /** What `tables create` makes the same table from. */
  schema: TableDefinition;
  /** Every file of it, manifests and data. */
  files: readonly ManifestFile[];
};

/** What `manifest.json` says over all tables of an export. DynamoDB's own readers do not look at it. */
export type ExportManifest = {
  tool: string;
  /** Where it was read. */
  source: string;
  startTime: string;
  endTime: string;
  note: string;
  /** Items in the order of their keys. */
  sorted: boolean;
  /** Client ids, topics, senders and payloads replaced by keyed hashes. */
  redacted: boolean;
  tables: readonly ManifestTable[];
};

/** Said of an export that was redacted. */
export const REDACTED = 'client ids, topics, senders and payloads are hashes';

/** Said in every export, because a scan is no snapshot. */
export const NO_SNAPSHOT =
  'not a point-in-time snapshot: items were read one after the other from startTime to endTime, while others may have been writing';
