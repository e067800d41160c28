import { MqdynError } from '../../domain/errors.ts';
import type { TableJob } from './export-segments.ts';

/** Stores the items of a table in the order of their keys. */
export async function storeSorted(_job: TableJob): Promise<void> {
  throw new MqdynError('E_UNSUPPORTED', '--sorted');
}
