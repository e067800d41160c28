import type { Readable } from 'node:stream';
import { MqdynError } from '../../../domain/errors.ts';
import { JOURNAL_BEGINNING } from '../../../files/journal.ts';
import { isFolder } from '../../../files/is-folder.ts';
import { WholeInput } from '../../../files/whole-input.ts';
import { exportSource } from './export-source.ts';
import { journalSource } from './journal-source.ts';
import { linesOf, lineSource } from './line-source.ts';
import type { ImportSource } from './source.ts';

export type OpenOptions = {
  /** Tables to be imported; all of the source where none is named. */
  tables: readonly string[];
  /** Names of the schema files. */
  known: readonly string[];
  stdin: Readable;
  notice: (sentence: string) => void;
  signal: AbortSignal;
};

/** Opens what is to be imported: the folder of an export, a file, or stdin, whose first line tells what it is. */
export async function openSource(name: string, options: OpenOptions): Promise<ImportSource> {
  const folder = name !== '-' && (await isFolder(name));
  if (folder === undefined) throw new MqdynError('E_INPUT', `${name} does not exist`);
  if (folder) return exportSource(name, options);
  const { stdin, tables, signal } = options;
  const input = await WholeInput.open(name, stdin, signal);
  try {
    const isJournal = (await firstLine(input, signal))?.startsWith(JOURNAL_BEGINNING) === true;
    return await (isJournal ? journalSource(input, tables, signal) : lineSource(input, tables));
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function firstLine(input: WholeInput, signal: AbortSignal): Promise<string | undefined> {
  for await (const [first] of linesOf(input, signal)) if (first !== undefined) return first.text;
  return undefined;
}
