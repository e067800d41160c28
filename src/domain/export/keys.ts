import { attributeOf, type Item } from '../item.ts';
import { base64ByteLength, utf8ByteLength } from '../mqtt/bytes.ts';
import { KEYS, isBackendTable, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from '../records/tables.ts';
import type { TableDefinition } from '../schema/definition.ts';

/** A key attribute and the type that it must have. */
export type KeyPart = { name: string; type: 'S' | 'N' | 'B' };

/** The key of a table, the partition key first; undefined where nobody knows it. */
export function keyParts(table: string, schema: TableDefinition | undefined): readonly KeyPart[] | undefined {
  if (schema === undefined) return isBackendTable(table) ? KEYS[table].map((name) => ({ name, type: 'S' })) : undefined;
  const typeOf = (name: string) => schema.AttributeDefinitions.find((each) => each.AttributeName === name)?.AttributeType ?? 'S';
  return schema.KeySchema.toSorted((a, b) => (a.KeyType < b.KeyType ? -1 : 1)).map(({ AttributeName: name }) => ({
    name,
    type: typeOf(name),
  }));
}

/** Why DynamoDB would refuse an item because of its key; undefined where it would not. */
export function keyFault(item: Item, parts: readonly KeyPart[]): string | undefined {
  for (const [position, { name, type }] of parts.entries()) {
    const value = attributeOf(item, name);
    if (value === undefined) return `has no ${name}, which is a part of the key`;
    if (!(type in value)) return `has a key ${name} of type ${Object.keys(value).join()}, not ${type}`;
    const bytes = 'S' in value ? utf8ByteLength(value.S) : 'B' in value ? base64ByteLength(value.B) : 1;
    const limit = position === 0 ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
    if (bytes === 0) return `has an empty key ${name}`;
    if (bytes > limit) return `has a key ${name} of ${bytes} bytes; DynamoDB takes ${limit}`;
  }
  return undefined;
}

/** The key of an item alone. */
export function keyOf(item: Item, parts: readonly KeyPart[]): Item {
  const names = parts.map(({ name }) => name);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}
