import type { KeyPart } from '../../../domain/export/keys.ts';
import type { ImportChange } from '../../../domain/import/change.ts';
import type { KeyElement, TableDefinition } from '../../../domain/schema/definition.ts';
import type { DataLine } from '../../../files/data-lines.ts';

/** A line of a source and what it does to a table. */
export type ImportEntry = { line: DataLine; table: string; change: ImportChange };

/** A part of a source that is read in one go, in blocks that are parsed line by line. `name` is for messages and rejects. */
export type ImportPart = { name: string; entries(signal: AbortSignal): AsyncGenerator<Iterable<ImportEntry>> };

/** A table that a source has something for. */
export type SourceTable = {
  /** The name without a prefix. */
  table: string;
  /** What it can be created from, where the source tells. */
  schema: TableDefinition | undefined;
  /** Its keys as far as the source tells them: with the kind of each, or their names alone. */
  keys: readonly KeyElement[] | { names: readonly string[] } | undefined;
};

export type VerifyOptions = {
  /** The key of each table where it is going to. */
  keys: ReadonlyMap<string, readonly KeyPart[]>;
  signal: AbortSignal;
  progress: (table: string, items: number) => void;
};

/** What an import reads: everything in it is right before the first write is made. */
export type ImportSource = {
  /** As the user named it. */
  name: string;
  tables: readonly SourceTable[];
  /** In the order in which they are imported. */
  parts: readonly ImportPart[];
  /** What tells this source from another one; undefined where it cannot be read in a later run. */
  digest: string | undefined;
  /** What lines are that an import passes over. */
  skips: string;
  /** Reads all of it. What is wrong with it is an error that names the place. */
  verify(options: VerifyOptions): Promise<void>;
  close(): Promise<void>;
};
