import { createHash } from 'node:crypto';
import { MqdynError } from '../../../domain/errors.ts';
import { parseChangeLine } from '../../../domain/export/data-line.ts';
import { REDACTED } from '../../../domain/export/manifest.ts';
import { exportedChange } from '../../../domain/import/change.ts';
import { importName } from '../../../domain/import/table-name.ts';
import { isBackendTable, READ_ORDER } from '../../../domain/records/tables.ts';
import { backendKeys, type TableDefinition } from '../../../domain/schema/definition.ts';
import { didYouMean } from '../../../domain/suggest.ts';
import { dataLines, type DataLine } from '../../../files/data-lines.ts';
import {
  findExport,
  type ExportedFile,
  type ExportedTable,
  type ExportFault,
  type FoundExport,
} from '../../../files/export-reader.ts';
import { verifyExport } from '../../../files/verify-export.ts';
import type { ImportEntry, ImportSource, SourceTable, VerifyOptions } from './source.ts';

type SourceOptions = {
  /** Tables to be imported; all of them where none is named. */
  tables: readonly string[];
  /** Names of the schema files. */
  known: readonly string[];
  notice: (sentence: string) => void;
  signal: AbortSignal;
};

/** Faults that are named; a dump with more of them is not mended one by one. */
const MAX_FAULTS = 100;

/** An export of mqdyn or of DynamoDB itself, of which only the manifests are read here. One that is not whole is E_DUMP. */
export async function exportSource(folder: string, options: SourceOptions): Promise<ImportSource> {
  const found = renamed(await findExport(folder), options);
  if (found.faults.length > 0) await refuseFaults(found, options);
  if (found.manifest?.redacted) options.notice(`note: the export is redacted: ${REDACTED}`);
  const tables = inOrder(chosen(found.tables, options.tables));
  return {
    name: folder,
    tables: await Promise.all(tables.map((table) => sourceTable(table, options.signal))),
    parts: tables.flatMap((table) =>
      table.files.map((file) => ({ name: file.path, entries: (signal) => entriesOf(table, file, signal) })),
    ),
    digest: digestOf(tables),
    skips: 'rows of mqtt_topic_msg_map that have no ids to add',
    verify: (verifying) => refuseFaults(found, verifying),
    close: async () => undefined,
  };
}

/** Gives tables the names under which they are imported. */
function renamed(found: FoundExport, { known, notice }: SourceOptions): FoundExport {
  if (found.manifest !== undefined) return found;
  const tables = found.tables.map((table) => {
    const name = importName(table.table, known);
    if (name !== table.table) notice(`note: ${table.table} is imported as ${name}`);
    return { ...table, table: name };
  });
  return { ...found, tables };
}

function chosen(tables: readonly ExportedTable[], wanted: readonly string[]): readonly ExportedTable[] {
  const names = tables.map(({ table }) => table);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MqdynError('E_USAGE', `the export has no table ${unknown}.${didYouMean(unknown, names)}`, {
      hint: `Tables in it: ${names.join(', ')}.`,
    });
  }
  const own = wanted.length === 0 ? tables : tables.filter(({ table }) => wanted.includes(table));
  const twice = own.find(({ table }, index) => own.findIndex((other) => other.table === table) < index);
  if (twice === undefined) return own;
  throw new MqdynError('E_INPUT', `the folder has several exports that are imported as ${twice.table}`, {
    hint: 'Name the folder of one of them.',
  });
}

/** Messages come before the ids that name them. */
function inOrder(tables: readonly ExportedTable[]): ExportedTable[] {
  return tables.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function placeOf({ table }: ExportedTable): number {
  return isBackendTable(table) ? READ_ORDER.indexOf(table) : READ_ORDER.length;
}

async function sourceTable(exported: ExportedTable, signal: AbortSignal): Promise<SourceTable> {
  const { table, schema } = exported;
  if (schema !== undefined) return { table, schema, keys: schema.KeySchema };
  const names = exported.content.kind === 'incremental' ? await keyNames(exported, signal) : undefined;
  const own = isBackendTable(table) ? backendKeys(table) : undefined;
  return { table, schema, keys: names === undefined ? own : { names } };
}

/** The names of the key's attributes as the first change tells them. Whatever is wrong with it is found when all is verified. */
async function keyNames({ files }: ExportedTable, signal: AbortSignal): Promise<string[] | undefined> {
  for (const { path, itemCount } of files) {
    if (itemCount === 0) continue;
    try {
      for await (const [first] of dataLines(path, signal)) {
        const line = first?.text === undefined ? undefined : parseChangeLine(first.text);
        if (line !== undefined) return 'fault' in line ? undefined : Object.keys(line.change.key);
      }
    } catch (error) {
      if (error instanceof MqdynError && error.code.startsWith('E_INPUT')) return undefined;
      throw error;
    }
  }
  return undefined;
}

async function* entriesOf(
  table: ExportedTable,
  { path }: ExportedFile,
  signal: AbortSignal,
): AsyncGenerator<Iterable<ImportEntry>> {
  for await (const block of dataLines(path, signal)) yield entriesIn(block, table, path);
}

function* entriesIn(block: readonly DataLine[], { table, content }: ExportedTable, path: string): Generator<ImportEntry> {
  for (const line of block) {
    const read = line.text === undefined ? undefined : exportedChange(line.text, content.kind);
    if (read === undefined || 'fault' in read) {
      throw new MqdynError('E_INPUT_CHANGED', `${path} was changed while it was being imported: line ${line.number}`);
    }
    yield { line, table, change: read.change };
  }
}

function digestOf(tables: readonly ExportedTable[]): string {
  const facts = tables.map(({ table, content, files }) => [table, content, files.map(({ md5, itemCount }) => [md5, itemCount])]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

type Verifying = Pick<VerifyOptions, 'signal'> & Partial<VerifyOptions>;

async function refuseFaults(found: FoundExport, { keys, signal, progress }: Verifying): Promise<void> {
  const tables = found.tables.map((table) => ({ ...table, schema: table.schema ?? keySchema(table.table, keys) }));
  const faults: ExportFault[] = [];
  for await (const fault of verifyExport({ ...found, tables }, { signal, ...(progress === undefined ? {} : { progress }) })) {
    faults.push(fault);
    if (faults.length === MAX_FAULTS) break;
  }
  const format = faults.find((fault) => fault.format);
  if (format !== undefined) throw new MqdynError('E_FORMAT', `${format.file} ${format.what}`);
  const [first, ...others] = faults.map(({ file, what }) => `${file}: ${what}`);
  if (first !== undefined) throw new MqdynError('E_DUMP', first, { detail: others });
}

/** Of an export that does not tell its keys, the lines must have those of the table that they go into. */
function keySchema(table: string, keys: VerifyOptions['keys'] | undefined): TableDefinition | undefined {
  const parts = keys?.get(table);
  if (parts === undefined) return undefined;
  return {
    TableName: table,
    KeySchema: parts.map(({ name: AttributeName }, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: parts.map(({ name: AttributeName, type: AttributeType }) => ({ AttributeName, AttributeType })),
  };
}
