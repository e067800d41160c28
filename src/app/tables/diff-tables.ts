import { compareTable, missingTable, type Difference } from '../../domain/schema/compare.ts';
import { keyInWords, knownOwner, type TableDefinition } from '../../domain/schema/definition.ts';
import { stepsFor } from '../../domain/schema/plan.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { withoutUnsupported, unsupportedInWords } from './unsupported.ts';
import { readPairs, type Pair } from './live-tables.ts';

export type DiffOptions = {
  definitions: readonly TableDefinition[];
  liveName: (table: string) => string;
  /** Paths that are left out, with everything under them. */
  ignore: readonly string[];
  signal: AbortSignal;
};

/** Everything in which the live tables are not what their files say, and what a person should know besides. */
export async function diffTables(dynamo: Dynamo, options: DiffOptions): Promise<{ differences: Difference[]; notes: string[] }> {
  const pairs = await readPairs(dynamo, options.definitions, options);
  const differences = pairs.flatMap((pair) => differencesOf(pair, options.ignore));
  const notes = pairs.flatMap(notesOf);
  const steps = pairs.flatMap((pair) =>
    pair.have === undefined ? [] : stepsFor(pair.want, inPlace(differencesOf(pair, options.ignore))),
  );
  const { unsupported } = await withoutUnsupported(dynamo, steps);
  if (unsupported.length > 0) notes.push(`note: ${unsupportedInWords(dynamo, unsupported)}`);
  return { differences, notes };
}

/** The differences of one table without the ignored ones. */
export function differencesOf({ want, have }: Pair, ignore: readonly string[]): Difference[] {
  const all = have === undefined ? [missingTable(want)] : compareTable(want, have);
  return all.filter(({ path }) => !ignore.some((one) => path === one || path.startsWith(`${one}.`)));
}

/** What can be carried out on a table that exists. */
export function inPlace(differences: readonly Difference[]): Difference[] {
  return differences.filter(({ change }) => change !== 'recreate');
}

function notesOf({ want, live }: Pair): string[] {
  if (live === undefined) return [];
  const notes: string[] = [];
  const owner = knownOwner(live.KeySchema);
  if (owner !== undefined && keyInWords(live.KeySchema) !== keyInWords(want.KeySchema)) {
    notes.push(`note: ${live.TableName} has key ${keyInWords(live.KeySchema)}: that is ${owner}, not a table of the backend`);
  }
  if (live.TableStatus !== 'ACTIVE') notes.push(`note: ${live.TableName} is ${live.TableStatus}`);
  return notes;
}
