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

/** What is wrong with the tables themselves, and those that can be read as the backend's. */
export type Inspected = { found: Found[]; usable: ReadonlySet<TableName>; notes: string[] };

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
    return { found: [], usable: new Set(tables), notes };
  }
  const found: Found[] = [];
  const usable = new Set<TableName>();
  for (const [table, pair] of pairsOf(tables, pairs)) {
    const fault = faultOf(table, pair);
    if (fault === undefined) usable.add(table);
    const isDefined = options.definitions.some(({ TableName }) => TableName === table);
    const differences = fault === undefined && isDefined && pair.have !== undefined ? compareTable(pair.want, pair.have) : [];
    const drift = differences.map(({ path, want, have }) => ({
      check: schemaDrift.id,
      detail: `${path} is ${have ?? 'not there'} instead of ${want ?? 'none'}`,
    }));
    for (const { check, detail } of fault === undefined ? drift : [fault]) {
      const finding = { check, table, key: table, subject: pair.want.TableName, detail };
      found.push({ findings: [finding], repairs: [] });
    }
  }
  return { found, usable, notes: [] };
}

function faultOf(table: TableName, { live }: Pair): { check: string; detail: string | undefined } | undefined {
  if (live === undefined || live.TableStatus === 'DELETING') return { check: tableMissing.id, detail: live?.TableStatus };
  if (sameKeys(backendKeys(table), live.KeySchema)) return undefined;
  const owner = knownOwner(live.KeySchema);
  const key = keyInWords(live.KeySchema);
  return { check: foreignSchema.id, detail: owner === undefined ? `key ${key}` : `key ${key}: ${owner}` };
}

/** A table that no schema file defines is only looked at for its key. */
function bare(table: TableName): TableDefinition {
  const AttributeDefinitions = KEYS[table].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
  return { TableName: table, KeySchema: backendKeys(table), AttributeDefinitions };
}
