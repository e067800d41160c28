import { MqdynError } from '../../domain/errors.ts';
import { isBackendTable } from '../../domain/records/tables.ts';
import { suggest } from '../../domain/suggest.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { listTableNames, type LiveTable } from '../../dynamo/tables.ts';
import { requireTable } from './describe-table.ts';

/** Names that are listed one by one. */
const MANY = 20;

type Wanted = { table: string; liveName: (table: string) => string; signal: AbortSignal };

/**
 * The error of a read, and for a table that is not there with the one that was probably meant, or those that there are. A
 * table of the backend is not looked for: what it needs is to be created.
 */
export async function withNearestTable(error: unknown, dynamo: Dynamo, { table, liveName, signal }: Wanted): Promise<unknown> {
  if (!(error instanceof MqdynError) || error.code !== 'E_NO_TABLE' || isBackendTable(table)) return error;
  const names = await namesThere(dynamo, { liveName, signal });
  const meant = suggest(table, names);
  const hint = meant === undefined ? tablesInWords(names) : `Did you mean ${meant}?`;
  return hint === undefined ? error : new MqdynError(error.code, error.message, { hint, cause: error });
}

/** The live table that is to be read; where there is none the error says which one was probably meant. */
export async function tableToRead(dynamo: Dynamo, wanted: Wanted): Promise<LiveTable> {
  try {
    return await requireTable(dynamo, wanted.liveName(wanted.table), wanted.signal);
  } catch (error) {
    throw await withNearestTable(error, dynamo, wanted);
  }
}

/** Of names that no live table has, a sentence for each that was probably meant as another one. */
export async function misspeltTables(
  dynamo: Dynamo,
  missing: readonly string[],
  wanted: Omit<Wanted, 'table'>,
): Promise<string[]> {
  const doubtful = missing.filter((name) => !isBackendTable(name));
  if (doubtful.length === 0) return [];
  const names = await namesThere(dynamo, wanted);
  return doubtful.flatMap((name) => {
    const meant = suggest(name, names);
    return meant === undefined ? [] : [`there is no table ${wanted.liveName(name)}. Did you mean ${meant}?`];
  });
}

/** Names of the live tables without the prefix; none where they may not be listed. */
async function namesThere(dynamo: Dynamo, { liveName, signal }: Omit<Wanted, 'table'>): Promise<string[]> {
  const prefix = liveName('');
  const live = await listTableNames(dynamo, signal).catch(() => []);
  return live.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function tablesInWords(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > MANY ? ` and ${names.length - MANY} more` : '';
  return `Tables there: ${names.slice(0, MANY).join(', ')}${more}.`;
}
