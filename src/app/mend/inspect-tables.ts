import { MqdynError } from '../../domain/errors.ts';
import type { Found } from '../../domain/integrity/finding.ts';
import { foreignSchema, schemaDrift, tableMissing } from '../../domain/integrity/joins.ts';
import { KEYS, type TableName } from '../../domain/records/tables.ts';
import { compareTable } from '../../domain/schema/compare.ts';
import { backendKeys, keyInWords, knownOwner, sameKeys, type TableDefinition } from '../../domain/schema/definition.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { readPairs, type Pair } from '../tables/live-tables.ts';
import { pairsOf } from '../../domain/pairs.ts';

type InspectOptions = {
  definitions: readonly TableDefinition[];
  liveName: (table: string) => string;
  signal: AbortSignal;
};

/** What is wrong with the tables themselves, those that can be read as the backend's, and what could not be looked at. */
export type Inspected = {
  found: Found[];
  usable: ReadonlySet<TableName>;
  notes: string[];
  /** Checks of the tables themselves that cannot be made where they were looked at, and why. */
  unchecked: readonly { check: string; why: string }[];
};

/**
 * Looks at the tables before anything is read of them. Who may read but not describe gets every table that is asked for, and a
 * note that tables themselves were not checked.
 */
export async function inspectTables(dynamo: Dynamo, tables: readonly TableName[], options: InspectOptions): Promise<Inspected> {
  const definitions = tables.map((table) => options.definitions.find(({ TableName }) => TableName === table) ?? bare(table));
  let pairs: Pair[];
  try {
    pairs = await readPairs(dynamo, definitions, options);
  } catch (error) {
    if (!(error instanceof MqdynError) || error.code !== 'E_DENIED') throw error;
    const notes = [`note: the tables themselves were not checked (${error.message})`];
    return { found: [], usable: new Set(tables), notes, unchecked: [] };
  }
  const found: Found[] = [];
  const usable = new Set<TableName>();
  for (const [table, { want, live, have }] of pairsOf(tables, pairs)) {
    if (have === undefined) {
      found.push(tableFinding(table, want.TableName, { check: tableMissing.id, detail: live?.TableStatus }));
      continue;
    }
    const isDefined = options.definitions.some(({ TableName }) => TableName === table);
    const judged = judgeTable(table, have, isDefined ? want : undefined);
    found.push(...judged.found);
    if (judged.usable) usable.add(table);
  }
  return { found, usable, notes: [], unchecked: [] };
}

/**
 * What is wrong with a table that is there: another key than the backend's, or something in which it differs from its schema file,
 * where there is one. `have` is its complete definition, under the name that it is shown by.
 */
export function judgeTable(
  table: TableName,
  have: TableDefinition,
  want: TableDefinition | undefined,
): { found: Found[]; usable: boolean } {
  if (!sameKeys(backendKeys(table), have.KeySchema)) {
    const owner = knownOwner(have.KeySchema);
    const key = keyInWords(have.KeySchema);
    const detail = owner === undefined ? `key ${key}` : `key ${key}: ${owner}`;
    return { found: [tableFinding(table, have.TableName, { check: foreignSchema.id, detail })], usable: false };
  }
  const differences = want === undefined ? [] : compareTable(want, have);
  const found = differences.map(({ path, want: wanted, have: is }) =>
    tableFinding(table, have.TableName, {
      check: schemaDrift.id,
      detail: `${path} is ${is ?? 'not there'} instead of ${wanted ?? 'none'}`,
    }),
  );
  return { found, usable: true };
}

function tableFinding(table: TableName, subject: string, about: { check: string; detail: string | undefined }): Found {
  return { findings: [{ ...about, table, key: table, subject }], repairs: [] };
}

/** A table that no schema file defines is only looked at for its key. */
function bare(table: TableName): TableDefinition {
  const AttributeDefinitions = KEYS[table].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
  return { TableName: table, KeySchema: backendKeys(table), AttributeDefinitions };
}
