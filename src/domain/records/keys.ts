import { s, textOf, type Item } from '../item.ts';
import { utf8ByteLength } from '../mqtt/bytes.ts';
import { KEYS, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, type TableName } from './tables.ts';

/** Where an item of a backend table stands: its partition key and, where the table has one, its sort key. All are text. */
export type ItemKey = { readonly table: TableName; readonly partition: string; readonly sort?: string | undefined };

/** The key in DynamoDB's own form. */
export function keyItem({ table, partition, sort }: ItemKey): Item {
  const [first, second] = KEYS[table];
  return second === undefined ? { [first]: s(partition) } : { [first]: s(partition), [second]: s(sort ?? '') };
}

/** The key of an item, or of a key in DynamoDB's own form. */
export function itemKeyOf(table: TableName, item: Item): ItemKey {
  const [first, second] = KEYS[table];
  const partition = textOf(item, first) ?? '';
  return second === undefined ? { table, partition } : { table, partition, sort: textOf(item, second) ?? '' };
}

/** DynamoDB refuses any other key, so there is no item under it. Texts, partition key first. */
export function isPossibleKey(key: readonly string[]): boolean {
  return key.every((text, position) => {
    const bytes = utf8ByteLength(text);
    return bytes > 0 && bytes <= (position === 0 ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES);
  });
}

/** A key as one text; no two different keys of a table are the same text. */
export function keyText({ partition, sort }: ItemKey): string {
  return sort === undefined ? partition : `${partition.length}:${partition}${sort}`;
}

/** A key and its table as one text. */
export function itemKeyText(key: ItemKey): string {
  return `${key.table}:${keyText(key)}`;
}

/** The same for what has its key in DynamoDB's own form, a write for instance. */
export function textOfKey({ table, key }: { table: TableName; key: Item }): string {
  return itemKeyText(itemKeyOf(table, key));
}
