import { itemBytes, MAX_ITEM_BYTES, setOf, type Item } from '../item.ts';
import { placeOf, placeText } from '../records/keys.ts';
import type { TableName } from '../records/tables.ts';
import type { IdsWrite, Write } from './write.ts';

/** An item after a write, undefined when there is none, and the events whose id no longer fitted into the topic's set. */
export type After = { item: Item | undefined; refused: readonly number[] };

/** What a write makes of the item that was there, with DynamoDB's own limit for an item. */
export function afterWrite(before: Item | undefined, write: Write): After {
  switch (write.kind) {
    case 'put':
      return { item: write.item, refused: [] };
    case 'delete':
      return { item: undefined, refused: [] };
    case 'set':
      return { item: { ...(before ?? write.key), ...write.values }, refused: [] };
    case 'ids':
      return afterIds(before, write);
  }
}

/** One change after the other, in the order of their events: which ids fit into a full set depends on it. */
function afterIds(before: Item | undefined, write: IdsWrite): After {
  const { MsgId: _, ...rest } = before ?? write.key;
  const ids = new Set(setOf(before ?? {}, 'MsgId'));
  let bytes = itemBytes({ ...rest, MsgId: { SS: [...ids] } });
  const refused: number[] = [];
  for (const { id, change, event } of write.log) {
    if (change === 'remove') {
      if (ids.delete(id)) bytes -= id.length;
    } else if (!ids.has(id)) {
      if (bytes + id.length > MAX_ITEM_BYTES) refused.push(event);
      else {
        ids.add(id);
        bytes += id.length;
      }
    }
  }
  return { item: ids.size === 0 ? rest : { ...rest, MsgId: { SS: [...ids] } }, refused };
}

/** Tables that start empty and live in memory. */
export class TableState {
  private readonly items = new Map<string, { table: TableName; item: Item }>();

  /** Applies a write; returns the events whose id did not fit. */
  apply(write: Write): readonly number[] {
    const key = placeText(placeOf(write.table, write.key));
    const { item, refused } = afterWrite(this.items.get(key)?.item, write);
    if (item === undefined) this.items.delete(key);
    else this.items.set(key, { table: write.table, item });
    return refused;
  }

  /** What is in the tables. A topic's item without ids is residue and left out. */
  *all(): Generator<{ table: TableName; item: Item }> {
    for (const entry of this.items.values()) {
      if (entry.table !== 'mqtt_topic_msg_map' || entry.item['MsgId'] !== undefined) yield entry;
    }
  }
}
