import type { Item } from '../../domain/item.ts';
import type { Demand } from '../../dynamo/change-item.ts';
import { changeUnder, type Changed, type Decision } from './change-under.ts';
import type { ItemTable, WriteContext } from './item-table.ts';

/** Deletes an item as it was read; one that somebody changes meanwhile is read again. */
export async function deleteItem(
  context: WriteContext,
  table: ItemTable,
  key: Item,
  demand: Demand | undefined,
): Promise<Changed> {
  return changeUnder(context, table, key, gone, demand);
}

function gone(now: Item | undefined): Decision {
  return now === undefined ? { leave: 'there is no such item' } : { after: undefined };
}
