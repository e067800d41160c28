import type { TableDefinition } from '../../domain/schema/definition.ts';
import { readSchemaFile, readSchemaFolder, type SchemaText } from '../../files/schema-folder.ts';
import { parseAll } from './load-definitions.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** The named schema files, or every one of a folder. */
export async function readSchemaFiles(files: readonly string[], folder: string): Promise<SchemaText[]> {
  return files.length === 0 ? readSchemaFolder(folder) : Promise.all(files.map((file) => readSchemaFile(file)));
}

/** Checks files together; rejects with every fault of every file. */
export function validateFiles(files: readonly SchemaText[]): { file: string; definition: TableDefinition }[] {
  return pairsOf(files, parseAll(files)).map(([{ file }, definition]) => ({ file, definition }));
}
