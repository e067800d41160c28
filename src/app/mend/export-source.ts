import { MqdynError } from '../../domain/errors.ts';
import type { Found } from '../../domain/integrity/finding.ts';
import { foreignSchema, schemaDrift, tableMissing } from '../../domain/integrity/joins.ts';
import { isoText } from '../../domain/records/times.ts';
import { TABLES, type TableName } from '../../domain/records/tables.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import { withDefaults } from '../../domain/schema/live.ts';
import { findExport, type ExportedTable, type FoundExport } from '../../files/export-reader.ts';
import { exportedItems } from '../../files/exported-items.ts';
import { requireWhole } from '../move/require-whole.ts';
import { judgeTable, type Inspected } from './inspect-tables.ts';
import type { TablesSource } from './source.ts';

/** An export to look at, and when it was read or is as of, in Unix milliseconds: for a scan its beginning and its end. */
export type ExportSource = TablesSource & { from: number; to: number };

type OpenOptions = {
  signal: AbortSignal;
  notice: (sentence: string) => void;
  /** Hears how many items of which table were verified. */
  progress: (table: string, items: number) => void;
  /** Taken for the time of an export that does not tell it. */
  now: number;
};

/** Opens an export for doctor: one that is whole, holds items and not changes, and has a table of the backend in it. */
export async function openExportSource(folder: string, options: OpenOptions): Promise<ExportSource> {
  const found = await findExport(folder);
  if (found.tables.some(({ content }) => content.kind === 'incremental')) {
    throw new MqdynError('E_FORMAT', `doctor needs a full export; ${folder} holds the changes of a time alone`, {
      hint: 'Name the folder of a full export.',
    });
  }
  await requireWhole(found, options);
  const tables = backendTables(found);
  const { from, to } = timesOf(found, tables, options);
  const spent = { scanned: 0, units: 0 };
  return {
    from,
    to,
    spent,
    // nothing changes between two reads
    read: undefined,
    subscriptionsOf: undefined,
    inspect: async (needed, definitions) => inspect(found, tables, needed, definitions),
    async *scan(table) {
      const exported = tables.get(table);
      if (exported === undefined) throw new Error(`${table} is not in the export`);
      for await (const items of exportedItems(exported, options.signal)) {
        spent.scanned += items.length;
        yield items;
      }
    },
  };
}

type Tables = ReadonlyMap<TableName, ExportedTable>;

/** What the schemas in an export show. DynamoDB's own exports hold none. */
function inspect(
  { manifest }: FoundExport,
  tables: Tables,
  needed: readonly TableName[],
  definitions: readonly TableDefinition[],
): Inspected {
  const there = needed.filter((table) => tables.has(table));
  const missing = needed.filter((table) => !tables.has(table));
  const notes = missing.length === 0 ? [] : [`not in the export: ${missing.join(', ')}`];
  const unchecked = missing.length === 0 ? [] : [{ check: tableMissing.id, why: 'the export is of some tables alone' }];
  if (manifest === undefined) {
    const unknown = [foreignSchema, schemaDrift].map(({ id }) => ({ check: id, why: 'the export holds no schemas' }));
    return { found: [], usable: new Set(there), notes, unchecked: [...unchecked, ...unknown] };
  }
  const usable = new Set<TableName>();
  const found: Found[] = [];
  for (const table of there) {
    const { schema, folder } = tables.get(table) ?? {};
    if (schema === undefined) continue;
    const live = manifest.tables.find((each) => each.folder === folder)?.live ?? table;
    const want = definitions.find(({ TableName }) => TableName === table);
    const judged = judgeTable(table, withDefaults({ ...schema, TableName: live }), want);
    found.push(...judged.found);
    if (judged.usable) usable.add(table);
  }
  return { found, usable, notes, unchecked };
}

/**
 * Which table of an export is which of the backend's: the one of its name, or the one whose name ends with it, as in DynamoDB's
 * own exports the prefix of a target is a part of the name.
 */
function backendTables({ folder, tables }: FoundExport): Tables {
  const found = new Map<TableName, ExportedTable>();
  for (const name of TABLES) {
    const ending = tables.filter(({ table }) => table.endsWith(name));
    const named = ending.filter(({ table }) => table === name);
    const [one, other] = named.length > 0 ? named : ending;
    if (one === undefined) continue;
    if (other !== undefined) {
      throw new MqdynError('E_INPUT', `${folder} holds several tables of the name ${name}: ${namesOf(ending)}`, {
        hint: 'Name the folder of one of them.',
      });
    }
    found.set(name, one);
  }
  if (found.size > 0) return found;
  throw new MqdynError('E_INPUT', `${folder} holds no table of the backend; it holds ${namesOf(tables)}`);
}

function namesOf(tables: readonly ExportedTable[]): string {
  return tables.map(({ table }) => table).join(', ');
}

/** When what is in an export was so, and a note where that was not one moment. */
function timesOf({ manifest }: FoundExport, tables: Tables, { notice, now }: OpenOptions): { from: number; to: number } {
  const moments = [...tables].map(([table, { content }]) => ({
    table,
    at: content.kind === 'full' ? content.at : undefined,
  }));
  const known = moments.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (known.length === 0) {
    notice('note: the export does not say when it was made; ages count from now');
    return { from: now, to: now };
  }
  const [from, to] = [Math.min(...known), Math.max(...known)];
  if (manifest !== undefined) {
    notice('note: the export is no point-in-time snapshot; what changed while it was made may show as findings');
    return { from, to: Math.max(to, Date.parse(manifest.endTime)) };
  }
  if (from === to) return { from, to };
  const each = moments.map(({ table, at }) => `${table} ${at === undefined ? 'unknown' : isoText(at)}`);
  notice(`note: the tables are of different times; what changed in between may show as findings: ${each.join(', ')}`);
  return { from, to };
}
