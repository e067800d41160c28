import { MqdynError } from '../domain/errors.ts';
import { parseChangeLine, parseItemLine, type ExportedChange, type LineFault } from '../domain/export/data-line.ts';
import type { Item } from '../domain/item.ts';
import { dataLines, type DataLine } from './data-lines.ts';
import type { ExportedTable } from './export-reader.ts';

/** The items of a table of a full export, in blocks. A line that is none is E_DUMP. */
export async function* exportedItems(table: ExportedTable, signal: AbortSignal): AsyncGenerator<readonly Item[]> {
  for await (const block of parsedLines(table, parseItemLine, signal)) yield block.map(({ item }) => item);
}

/** The changes of a table of an incremental export, likewise. */
export async function* exportedChanges(table: ExportedTable, signal: AbortSignal): AsyncGenerator<readonly ExportedChange[]> {
  for await (const block of parsedLines(table, parseChangeLine, signal)) yield block.map(({ change }) => change);
}

async function* parsedLines<T extends object>(
  { files }: ExportedTable,
  parse: (text: string) => T | LineFault,
  signal: AbortSignal,
): AsyncGenerator<T[]> {
  for (const { path } of files) {
    for await (const block of undamaged(path, signal)) {
      yield block.map(({ number, text }) => {
        const line = text === undefined ? { fault: 'is too long, or not UTF-8' } : parse(text);
        if ('fault' in line) throw new MqdynError('E_DUMP', `${path}: line ${number} ${line.fault}`);
        return line;
      });
    }
  }
}

async function* undamaged(path: string, signal: AbortSignal): AsyncGenerator<DataLine[]> {
  try {
    yield* dataLines(path, signal);
  } catch (error) {
    if (!(error instanceof MqdynError) || error.code !== 'E_INPUT_DAMAGED') throw error;
    throw new MqdynError('E_DUMP', `${path}: its gzip stream is damaged`, { cause: error });
  }
}
