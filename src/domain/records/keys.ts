import { s, textOf, type Item } from '../item.ts';
import { KEYS, type TableName } from './tables.ts';

/** Where an item of a backend table stands: its partition key and, where the table has one, its sort key. All are text. */
export type Place = { readonly table: TableName; readonly partition: string; readonly sort?: string | undefined };

/** The key of a place, in DynamoDB's own form. */
export function keyItem({ table, partition, sort }: Place): Item {
  const [first, second] = KEYS[table];
  return second === undefined ? { [first!]: s(partition) } : { [first!]: s(partition), [second]: s(sort ?? '') };
}

/** The place of an item, or of a key in DynamoDB's own form. */
export function placeOf(table: TableName, item: Item): Place {
  const [first, second] = KEYS[table];
  const partition = textOf(item, first!) ?? '';
  return second === undefined ? { table, partition } : { table, partition, sort: textOf(item, second) ?? '' };
}

/** A key as one text; no two different keys of a table are the same text. */
export function keyText({ partition, sort }: Place): string {
  return sort === undefined ? partition : `${partition.length}:${partition}${sort}`;
}

/** A key and its table as one text. */
export function placeText(place: Place): string {
  return `${place.table}:${keyText(place)}`;
}

/** The same for what has its key in DynamoDB's own form, a write for instance. */
export function textOfKey({ table, key }: { table: TableName; key: Item }): string {
  return placeText(placeOf(table, key));
}
