import { itemBytes, MAX_ITEM_BYTES, setOf, type Item } from '../item.ts';
import { textOfKey } from '../records/keys.ts';
import type { TableName } from '../records/tables.ts';
import { lastEvents } from './ids-write.ts';
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

/** An item in memory: as text where nothing but a whole new one ever replaces it, because text takes a quarter of the room. */
type Held = { table: TableName; item: Item } | { table: TableName; text: string };

const ONLY_PUT: ReadonlySet<TableName> = new Set(['mqtt_msg', 'mqtt_retain', 'mqtt_acked']);

/** Tables that start empty and live in memory. */
export class TableState {
  private readonly items = new Map<string, Held>();

  /** Applies a write; returns the events whose id did not fit, but for those that a later one of the write replaces. */
  apply(write: Write): readonly number[] {
    const { table } = write;
    const key = textOfKey(write);
    const before = this.items.get(key);
    const { item, refused } = afterWrite(before && itemOf(before), write);
    if (item === undefined) this.items.delete(key);
    else this.items.set(key, ONLY_PUT.has(table) ? { table, text: JSON.stringify(item) } : { table, item });
    if (write.kind !== 'ids' || refused.length === 0) return refused;
    const last = lastEvents(write.log);
    return refused.filter((event) => last.has(event));
  }

  clear(): void {
    this.items.clear();
  }

  /** What is in the tables. A topic's item without ids is residue and left out. */
  *all(): Generator<{ table: TableName; item: Item }> {
    for (const held of this.items.values()) {
      const item = itemOf(held);
      if (held.table !== 'mqtt_topic_msg_map' || item['MsgId'] !== undefined) yield { table: held.table, item };
    }
  }
}

function itemOf(held: Held): Item {
  return 'text' in held ? JSON.parse(held.text) : held.item;
}
