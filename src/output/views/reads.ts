import type { Item } from '../../domain/item.ts';
import { itemOf } from '../items.ts';

/** What reads came to, as members of a JSON document. */
export function spentItem({ scanned, units }: { scanned: number; units: number }): Item {
  return itemOf({ scannedCount: scanned, consumedCapacity: units });
}
