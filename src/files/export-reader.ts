import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { MqdynError } from '../domain/errors.ts';
import { fileNameOf, parseFileList, type ListedFile } from '../domain/export/file-list.ts';
import type { ExportManifest } from '../domain/export/manifest.ts';
import { EXPORT_ROOT, FILE_LIST, SUMMARY } from '../domain/export/names.ts';
import { parseSummary, type ExportContent, type ManifestFault } from '../domain/export/summary.ts';
import type { TableDefinition } from '../domain/schema/definition.ts';
import { isErrno, readFault } from './errors.ts';
import { loadManifest, MANIFEST } from './export-folder.ts';

/** A data file of an export, and where it stands. */
export type ExportedFile = ListedFile & { path: string };

/** One table of an export. */
export type ExportedTable = {
  /** The name without a prefix. */
  table: string;
  content: ExportContent;
  itemCount: number;
  /** Only where `manifest.json` is there. */
  schema: TableDefinition | undefined;
  /** The folder with its manifests. */
  folder: string;
  files: readonly ExportedFile[];
};

/** Something that is wrong with an export: where, and what. */
export type ExportFault = { file: string; what: string; format?: true };

/** An export as it was found. Where there are faults, what the manifests say may be incomplete. */
export type FoundExport = {
  folder: string;
  manifest: ExportManifest | undefined;
  tables: readonly ExportedTable[];
  faults: readonly ExportFault[];
};

/** Files below a folder, as paths with `/` that begin there, in order. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') throw new MqdynError('E_INPUT', `${folder} does not exist`);
    throw readFault(folder, error);
  }
}

/** Files of the data folder beside a folder, as paths that begin in it. */
async function filesBeside(folder: string): Promise<string[]> {
  return readdir(join(folder, '../data')).then(
    (names) => names.map((name) => `../data/${name}`),
    () => [],
  );
}

/**
 * Finds the exports below a folder and reads their manifests: one that mqdyn wrote, or what DynamoDB itself wrote and
 * `aws s3 sync` brought here, of one table or several. Nothing but manifests is read.
 */
export async function findExport(folder: string): Promise<FoundExport> {
  const present = new Set(await filesBelow(folder));
  // the folder of one incremental export has its data beside it, among that of others
  if (present.has(`${SUMMARY}.json`)) for (const name of await filesBeside(folder)) present.add(name);
  const faults: ExportFault[] = [];
  const read = await loadManifest(folder);
  if (read !== undefined && 'fault' in read) faults.push({ file: MANIFEST, what: read.fault });
  const manifest = read !== undefined && 'manifest' in read ? read.manifest : undefined;
  const unfinished = [...present].find((path) => path === 'state.json' || path.endsWith('.partial'));
  if (unfinished !== undefined) faults.push({ file: unfinished, what: 'is of an export that was not finished' });
  const summaries = [...present].filter((path) => basename(path) === `${SUMMARY}.json`);
  const tables: ExportedTable[] = [];
  for (const path of summaries) {
    const found = await readTable(folder, dirname(path), present);
    faults.push(...found.faults);
    if (found.table !== undefined) tables.push(found.table);
    // the folder of one table alone is an export as DynamoDB writes it; of several, their manifest tells whether all are there
    if (found.isPart && manifest === undefined && !isTableFolder(path) && !faults.some(({ file }) => file === MANIFEST)) {
      faults.push({ file: MANIFEST, what: 'is missing' });
    }
  }
  if (summaries.length === 0 && faults.length === 0) {
    throw new MqdynError('E_INPUT', `${folder} is no export: there is no ${SUMMARY}.json in it or below it`);
  }
  return manifest === undefined
    ? { folder, manifest, tables, faults: [...faults, ...withoutManifest(tables)] }
    : { folder, manifest, ...withManifest(manifest, tables, present, faults) };
}

/** The names and schemas that `manifest.json` gives, and what differs from what it lists. */
function withManifest(
  manifest: ExportManifest,
  found: readonly ExportedTable[],
  present: ReadonlySet<string>,
  faults: readonly ExportFault[],
): Pick<FoundExport, 'tables' | 'faults'> {
  const listed = new Set([MANIFEST, ...manifest.tables.flatMap(({ files }) => files.map(({ path }) => path))]);
  const extra = [...present].filter((path) => !listed.has(path)).map((file) => ({ file, what: `is not in ${MANIFEST}` }));
  const missing = [...listed].filter((path) => !present.has(path)).map((file) => ({ file, what: 'is missing' }));
  const known = new Set(faults.map(({ file }) => file));
  const added = [...extra, ...missing].filter(({ file }) => !known.has(file));
  const tables = found.flatMap((table) => {
    const own = manifest.tables.find(({ folder }) => folder === table.folder);
    return own === undefined ? [] : [{ ...table, table: own.table, schema: own.schema }];
  });
  return { tables: inOrder(tables, manifest), faults: [...faults, ...added] };
}

function inOrder(tables: readonly ExportedTable[], manifest: ExportManifest): ExportedTable[] {
  const place = ({ folder }: ExportedTable) => manifest.tables.findIndex((table) => table.folder === folder);
  return tables.toSorted((a, b) => place(a) - place(b));
}

/** Without `manifest.json`, of two exports of one table nobody can say which one is meant. */
function withoutManifest(tables: readonly ExportedTable[]): ExportFault[] {
  return tables.flatMap(({ table, folder }, index) => {
    const other = tables.findIndex((each) => each.table === table);
    const first = tables[other]?.folder ?? '';
    return other < index
      ? [{ file: folder, what: `is another export of ${table} than ${first}; name one of the two folders` }]
      : [];
  });
}

/** Whether the folder that is looked at is that of one table, or of one export of it. */
function isTableFolder(summary: string): boolean {
  return dirname(summary) === '.' || summary.startsWith(`${EXPORT_ROOT}/`);
}

type FoundTable = { table: ExportedTable | undefined; isPart: boolean; faults: ExportFault[] };

async function readTable(root: string, folder: string, present: ReadonlySet<string>): Promise<FoundTable> {
  const faults: ExportFault[] = [];
  const at = (name: string) => (folder === '.' ? name : `${folder}/${name}`);
  const read = async <T extends object>(name: string, parse: (text: string) => T | ManifestFault): Promise<T | undefined> => {
    const text = await manifestText(root, at(name), present, faults);
    if (text === undefined) return undefined;
    const parsed = parse(text);
    if (!('fault' in parsed)) return parsed;
    faults.push({ file: at(`${name}.json`), what: parsed.fault, ...(parsed.format ? { format: true } : {}) });
    return undefined;
  };
  const summary = (await read(SUMMARY, parseSummary))?.summary;
  const list = (await read(FILE_LIST, parseFileList))?.files;
  if (summary === undefined || list === undefined) return { table: undefined, isPart: summary?.isPart === true, faults };
  const sum = list.reduce((total, { itemCount }) => total + itemCount, 0);
  if (sum !== summary.itemCount) {
    faults.push({
      file: at(`${FILE_LIST}.json`),
      what: `counts ${sum} lines and ${SUMMARY}.json counts ${summary.itemCount}`,
    });
  }
  const own = new Set<string>();
  const files = list.map((file): ExportedFile => {
    const beside = at(`data/${fileNameOf(file.key)}`);
    own.add(beside);
    const path = placeOf(file, folder, present);
    if (path === undefined) faults.push({ file: beside, what: 'is missing' });
    return { ...file, path: join(root, path ?? beside) };
  });
  const { tableName: table, content, itemCount } = summary;
  // the data folder of a full export is its own; DynamoDB's import would load whatever else is in it
  const unlisted = content.kind === 'full' ? [...present].filter((path) => path.startsWith(at('data/')) && !own.has(path)) : [];
  for (const file of unlisted) faults.push({ file, what: `is not in ${FILE_LIST}.json` });
  return { table: { table, content, itemCount, schema: undefined, folder, files }, isPart: summary.isPart, faults };
}

/** A manifest that is as its digest says. */
async function manifestText(
  root: string,
  name: string,
  present: ReadonlySet<string>,
  faults: ExportFault[],
): Promise<string | undefined> {
  const texts: string[] = [];
  // the developer guide calls the digest .checksum, DynamoDB itself writes .md5
  const digest = [`${name}.md5`, `${name}.checksum`].find((path) => present.has(path)) ?? `${name}.md5`;
  for (const file of [`${name}.json`, digest]) {
    if (!present.has(file)) faults.push({ file, what: 'is missing' });
    else {
      texts.push(
        await readFile(join(root, file), 'utf8').catch((error: unknown) => {
          throw readFault(join(root, file), error);
        }),
      );
    }
  }
  const [text, md5] = texts;
  if (text === undefined || md5 === undefined) return undefined;
  if (createHash('md5').update(text).digest('base64') === md5.trim()) return text;
  faults.push({ file: `${name}.json`, what: `is not what ${basename(digest)} says` });
  return undefined;
}

/**
 * Where a data file stands below the folder: beside its manifest, or, as incremental exports have it, in the one folder of all of
 * them. Keys begin at the root of a bucket, which a copy does not have.
 */
function placeOf({ key }: ListedFile, folder: string, present: ReadonlySet<string>): string | undefined {
  const name = fileNameOf(key);
  const beside = folder === '.' ? '..' : dirname(folder);
  const places = [join(folder, 'data', name), join(beside, 'data', name)].map((path) => path.split(sep).join('/'));
  return places.find((path) => present.has(path));
}
