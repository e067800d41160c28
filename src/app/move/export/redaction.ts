import { MqdynError } from '../../../domain/errors.ts';
import { redactor } from '../../../domain/export/redact.ts';
import type { Item } from '../../../domain/item.ts';
import { isBackendTable } from '../../../domain/records/tables.ts';
import { digestOf, readRedactKey } from '../../../files/redact-key.ts';

/** How items are changed before they are stored; `digest` tells one key from another. */
export type Redaction = { digest: string; apply: (table: string, item: Item) => Item };

/** Redaction by the key in a file. Only of the six tables is it known what to hide. */
export async function loadRedaction(keyFile: string | undefined, tables: readonly string[]): Promise<Redaction | undefined> {
  if (keyFile === undefined) return undefined;
  const other = tables.find((table) => !isBackendTable(table));
  if (other !== undefined) throw new MqdynError('E_USAGE', `--redact knows the six tables of the backend, and not ${other}`);
  const key = await readRedactKey(keyFile);
  const redact = redactor(key);
  return { digest: digestOf(key), apply: (table, item) => (isBackendTable(table) ? redact(table, item) : item) };
}
