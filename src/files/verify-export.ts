import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { MqdynError } from '../domain/errors.ts';
import { parseChangeLine, parseItemLine } from '../domain/export/data-line.ts';
import { keyFault, keyParts, type KeyPart } from '../domain/export/keys.ts';
import { dataLines } from './data-lines.ts';
import { readFault } from './errors.ts';
import type { ExportedFile, ExportedTable, ExportFault, FoundExport } from './export-reader.ts';

type VerifyOptions = { signal: AbortSignal; progress?: (table: string, items: number) => void };

/**
 * Reads every file of an export and says what is wrong with it: every check that AWS's own reader makes, the digests of all files,
 * and that each line is an item with its key, or a change. Nothing is wrong with a complete one.
 */
export async function* verifyExport(found: FoundExport, options: VerifyOptions): AsyncGenerator<ExportFault> {
  yield* found.faults;
  const { folder, manifest, tables } = found;
  const told = new Set(found.faults.map(({ file }) => file));
  const listed = new Map((manifest?.tables ?? []).flatMap(({ files }) => files.map(({ path, sha256 }) => [path, sha256])));
  const data = new Set(tables.flatMap(({ files }) => files.map(({ path }) => nameIn(folder, path))));
  for (const [file, sha256] of listed) {
    if (told.has(file) || data.has(file)) continue;
    const what = listedFault(await digestsOf(join(folder, file)), sha256);
    if (what !== undefined) yield { file, what };
  }
  for (const table of tables) {
    let items = 0;
    for (const file of table.files) {
      options.signal.throwIfAborted();
      const name = nameIn(folder, file.path);
      if (told.has(name)) continue;
      const digests = await digestsOf(file.path);
      const what = listedFault(digests, listed.get(name)) ?? (await dataFault(digests, file, table, options));
      if (what !== undefined) yield { file: name, what };
      items += file.itemCount;
      options.progress?.(table.table, items);
    }
  }
}

type Digests = { md5: string; sha256: string };

/** Why a file is not as `manifest.json` lists it, where that lists it. */
function listedFault({ sha256 }: Digests, listed: string | undefined): string | undefined {
  return listed === undefined || sha256 === listed ? undefined : 'its SHA-256 differs from manifest.json';
}

async function dataFault(
  { md5 }: Digests,
  file: ExportedFile,
  table: ExportedTable,
  { signal }: VerifyOptions,
): Promise<string | undefined> {
  if (md5 !== file.md5) return `its MD5 is ${md5}; manifest-files.json says ${file.md5}`;
  const parts = keyParts(table.table, table.schema);
  let lines = 0;
  try {
    for await (const block of dataLines(file.path, signal)) {
      for (const { number, text } of block) {
        lines += 1;
        const what = text === undefined ? 'is too long, or not UTF-8' : lineFault(text, table, parts);
        if (what !== undefined) return `line ${number} ${what}`;
      }
    }
  } catch (error) {
    if (error instanceof MqdynError && error.code === 'E_INPUT_DAMAGED') return 'its gzip stream is damaged';
    throw error;
  }
  return lines === file.itemCount ? undefined : `has ${lines} lines; manifest-files.json says ${file.itemCount}`;
}

function lineFault(text: string, { content }: ExportedTable, parts: readonly KeyPart[] | undefined): string | undefined {
  if (content.kind === 'full') {
    const line = parseItemLine(text);
    if ('fault' in line) return line.fault;
    return parts && keyFault(line.item, parts);
  }
  const line = parseChangeLine(text);
  if ('fault' in line) return line.fault;
  const { key, before, after } = line.change;
  for (const item of [key, before, after]) {
    const fault = item && parts && keyFault(item, parts);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function digestsOf(path: string): Promise<Digests> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  try {
    for await (const chunk of createReadStream(path)) {
      md5.update(chunk);
      sha256.update(chunk);
    }
  } catch (error) {
    throw readFault(path, error);
  }
  return { md5: md5.digest('base64'), sha256: sha256.digest('hex') };
}

function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}
