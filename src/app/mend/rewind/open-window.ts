import { MqdynError } from '../../../domain/errors.ts';
import { isoText } from '../../../domain/records/times.ts';
import { READ_ORDER, type TableName } from '../../../domain/records/tables.ts';
import { findExport, type ExportedTable } from '../../../files/export-reader.ts';
import { requireWhole } from '../../move/require-whole.ts';

export { isFolder } from '../../../files/is-folder.ts';

/** An incremental export: what changed in its tables over one time, in Unix milliseconds. */
export type ExportedWindow = { folder: string; from: number; to: number; tables: readonly ExportedTable[] };

type OpenOptions = Parameters<typeof requireWhole>[1];

/** Opens an incremental export whose changes can be taken back: one that is whole, of one time, and shows what was before. */
export async function openWindow(folder: string, options: OpenOptions): Promise<ExportedWindow> {
  const found = await findExport(folder);
  const windows = found.tables.map(({ table, content }) => {
    if (content.kind === 'full') {
      throw new MqdynError('E_FORMAT', `rewind needs an incremental export; ${folder} holds a full one of ${table}`, {
        hint: 'Nothing was changed. Name the folder of an incremental export, or a journal.',
      });
    }
    if (content.view === 'NEW_IMAGE') {
      throw new MqdynError('E_FORMAT', `${folder} was exported with NEW_IMAGE: it does not show how ${table} was before`, {
        hint: 'Nothing was changed. Ask for NEW_AND_OLD_IMAGES.',
      });
    }
    return { table, from: content.from, to: content.to };
  });
  await requireWhole(found, options);
  const [first] = windows;
  if (first === undefined) throw new Error('an export of no table');
  const { from, to } = first;
  if (windows.every((other) => other.from === from && other.to === to)) return { folder, from, to, tables: found.tables };
  throw new MqdynError('E_INPUT', `the tables in ${folder} were exported over different times`, {
    hint: 'Nothing was changed. Name the folder of one export, or export all tables over the same time.',
    detail: windows.map((one) => `${one.table} from ${isoText(one.from)} to ${isoText(one.to)}`),
  });
}

/** A table of the backend and what the export has of it. */
export type WindowPart = { table: TableName; exported: ExportedTable };

/**
 * The tables of an export in the order in which they are taken back, the messages before their ids. A table goes by its live name,
 * as it was exported, or by its own where another target is meant. Any other is refused.
 */
export function partsOf({ folder, tables }: ExportedWindow, liveName: (table: string) => string): WindowPart[] {
  const parts: WindowPart[] = [];
  for (const table of READ_ORDER) {
    const exported = tables.find((one) => one.table === liveName(table)) ?? tables.find((one) => one.table === table);
    if (exported !== undefined) parts.push({ table, exported });
  }
  const others = tables.filter((one) => !parts.some(({ exported }) => exported === one)).map(({ table }) => table);
  if (others.length === 0) return parts;
  const prefixed = others.some((name) => READ_ORDER.some((table) => name.endsWith(table)));
  const hint = prefixed ? 'Nothing was changed. Say with --table-prefix what their names begin with.' : undefined;
  throw new MqdynError('E_UNSUPPORTED', `rewind is for tables of the backend; ${folder} holds also ${others.join(', ')}`, {
    hint,
  });
}
