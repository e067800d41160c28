import type { ManifestTable } from '../../domain/export/manifest.ts';
import type { Item } from '../../domain/item.ts';
import type { Column } from '../document.ts';
import { itemOf } from '../items.ts';

/** A table of an export. */
export const EXPORT_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'itemCount' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'files' },
  { name: 'consumedCapacity' },
  { name: 'folder', aside: true },
];

export function exportItem({ live, itemCount, textBytes, files, consumedCapacity, folder }: ManifestTable): Item {
  const data = files.filter(({ path }) => path.includes('/data/')).length;
  return itemOf({ table: live, itemCount, bytes: textBytes, files: data, consumedCapacity, folder });
}
