import { findExport, type ExportFault } from '../../../files/export-reader.ts';
import { verifyExport } from '../../../files/verify-export.ts';

/** What an export says that it has, and what is wrong with it, as it is found. */
export type Verification = { tables: number; files: number; items: number; faults: AsyncGenerator<ExportFault> };

/** Reads an export whole. `progress` hears how many items of which table were read. */
export async function verifyFolder(
  folder: string,
  options: { signal: AbortSignal; progress: (table: string, items: number) => void },
): Promise<Verification> {
  const found = await findExport(folder);
  return {
    tables: found.tables.length,
    files: found.tables.reduce((sum, { files }) => sum + files.length, 0),
    items: found.tables.reduce((sum, { itemCount }) => sum + itemCount, 0),
    faults: verifyExport(found, options),
  };
}
