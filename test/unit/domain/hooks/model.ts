import * as fc from 'fast-check';
import type { Mutation } from '../../../../src/domain/hooks/mutation.ts';
import type { Write } from '../../../../src/domain/hooks/write.ts';
import { itemBytes, s, type Item } from '../../../../src/domain/item.ts';
import { hexOf, msgidOf } from '../../../../src/domain/mqtt/msgid-text.ts';
import { keyItem, itemKeyOf } from '../../../../src/domain/records/keys.ts';
import { KEYS, type TableName } from '../../../../src/domain/records/tables.ts';

/** Six tables as Maps, changed one request at a time as DynamoDB would. */
export class Tables {
  readonly items = new Map<string, Item>();

  put(table: TableName, item: Item): void {
    this.items.set(this.id(table, item), item);
  }

  delete(table: TableName, key: Item): void {
    this.items.delete(this.id(table, key));
  }

  set(table: TableName, key: Item, values: Item): void {
    this.put(table, { ...(this.items.get(this.id(table, key)) ?? key), ...values });
  }

  /** ADD or DELETE of ids in MsgId; an empty set is no attribute, the row stays. */
  ids(key: Item, change: 'add' | 'remove', ids: readonly string[]): void {
    const table = 'mqtt_topic_msg_map';
    const row = this.items.get(this.id(table, key)) ?? key;
    const before = new Set('MsgId' in row && 'SS' in row['MsgId'] ? row['MsgId'].SS : []);
    for (const id of ids) {
      if (change === 'add') before.add(id);
      else before.delete(id);
    }
    const { MsgId: _, ...bare } = row;
    this.put(table, before.size === 0 ? bare : { ...bare, MsgId: { SS: [...before].sort() } });
  }

  /** What can be compared between engines: topic rows without ids may be there or not. */
  comparable(): [string, Item][] {
    return [...this.items]
      .filter(([id, item]) => !id.startsWith('mqtt_topic_msg_map') || 'MsgId' in item)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  private id(table: TableName, item: Item): string {
    return JSON.stringify([table, ...KEYS[table].map((name) => item[name])]).slice(2);
  }
}

export function applyAlone(tables: Tables, mutation: Mutation): void {
  if (mutation.kind === 'put') tables.put(mutation.table, mutation.item);
  else if (mutation.kind === 'delete') tables.delete(mutation.table, mutation.key);
  else if (mutation.kind === 'set') tables.set(mutation.table, mutation.key, mutation.values);
  else tables.ids(mutation.key, mutation.kind === 'add-id' ? 'add' : 'remove', [mutation.id]);
}

export function send(tables: Tables, write: Write): void {
  if (write.kind === 'put') tables.put(write.table, write.item);
  else if (write.kind === 'delete') tables.delete(write.table, write.key);
  else if (write.kind === 'set') tables.set(write.table, write.key, write.values);
  else {
    if (write.add.length > 0) tables.ids(write.key, 'add', write.add);
    if (write.remove.length > 0) tables.ids(write.key, 'remove', write.remove);
  }
}

export function put(table: TableName, item: Item): Mutation {
  return { kind: 'put', table, key: keyItem(itemKeyOf(table, item)), item, bytes: itemBytes(item) };
}

function keyOf(table: TableName, partition: string, sort?: string): Item {
  return keyItem({ table, partition, sort });
}

const word = fc.constantFrom('', 'a', 'b', 'ab', '/', '"', '\0', '","');
const value = fc.constantFrom('1', '2', '3');
const guid = fc.constantFrom(...[1n, 2n, 3n, 1n << 64n, (1n << 128n) - 1n].map(hexOf));

/** Mutations whose keys collide all the time. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.tuple(guid, value).map(([id, text]): Mutation => {
      return put('mqtt_msg', { msgid: s(msgidOf(id)), payload: s(text) });
    }),
    guid.map((id): Mutation => ({ kind: 'delete', table: 'mqtt_msg', key: keyOf('mqtt_msg', msgidOf(id)) })),
    fc
      .tuple(word, value)
      .map(([clientid, at]) => put('mqtt_client', { clientid: s(clientid), online_at: { N: at }, offline_at: { N: '0' } })),
    fc.tuple(word, value, fc.boolean()).map(([clientid, at, wide]): Mutation => {
      const values = { offline_at: { N: at }, ...(wide ? { connect_state: { N: at } } : {}) };
      return { kind: 'set', table: 'mqtt_client', key: keyOf('mqtt_client', clientid), values };
    }),
    word.map((clientid): Mutation => ({ kind: 'delete', table: 'mqtt_client', key: keyOf('mqtt_client', clientid) })),
    fc
      .tuple(word, word, value)
      .map(([topic, clientid, msgid]) => put('mqtt_acked', { topic: s(topic), clientid: s(clientid), msgid: s(msgid) })),
    fc
      .tuple(word, word)
      .map(([topic, clientid]): Mutation => ({ kind: 'delete', table: 'mqtt_acked', key: keyOf('mqtt_acked', topic, clientid) })),
    fc
      .tuple(fc.constantFrom('add-id' as const, 'remove-id' as const), fc.constantFrom('', 'a'), guid)
      .map(([kind, topic, id]): Mutation => ({
        kind,
        table: 'mqtt_topic_msg_map',
        key: keyOf('mqtt_topic_msg_map', topic),
        id: msgidOf(id),
      })),
  ),
  { maxLength: 60, size: 'max' },
);
