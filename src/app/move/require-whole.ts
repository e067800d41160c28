import { countText } from '../../domain/count-text.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { ExportFault, FoundExport } from '../../files/export-reader.ts';
import { verifyExport } from '../../files/verify-export.ts';

/** So many faults are named. */
const NAMED = 20;

/**
 * Verifies an export and refuses one with anything wrong: E_DUMP with what is wrong with which file, or E_FORMAT where that is
 * nothing but its format.
 */
export async function requireWhole(found: FoundExport, options: Parameters<typeof verifyExport>[1]): Promise<void> {
  const faults: ExportFault[] = [];
  let count = 0;
  for await (const fault of verifyExport(found, options)) {
    count += 1;
    if (faults.length < NAMED) faults.push(fault);
  }
  if (count === 0) return;
  const detail = faults.map(({ file, what }) => `${file} ${what}`);
  if (count > NAMED) detail.push(`and ${countText(count - NAMED)} more`);
  const isFormat = faults.every(({ format }) => format === true);
  if (isFormat) throw new MqdynError('E_FORMAT', `${found.folder} is an export in a format that cannot be read`, { detail });
  throw new MqdynError('E_DUMP', `${found.folder} is damaged or not complete`, { detail });
}
