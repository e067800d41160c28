import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mutation } from '../../../../src/domain/hooks/mutation.ts';
import { WriteSet, type Write } from '../../../../src/domain/hooks/write-set.ts';
import { itemBytes, type Item } from '../../../../src/domain/item.ts';
import { KEYS, type TableName } from '../../../../src/domain/records/tables.ts';

/** Six tables as Maps, changed one request at a time as DynamoDB would. */
class Tables {
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
    const before = new Set('MsgId' in row && 'SS' in row['MsgId']! ? row['MsgId'].SS : []);
    for (const id of ids) change === 'add' ? before.add(id) : before.delete(id);
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

function applyAlone(tables: Tables, mutation: Mutation): void {
  if (mutation.kind === 'put') tables.put(mutation.table, mutation.item);
  else if (mutation.kind === 'delete') tables.delete(mutation.table, mutation.key);
  else if (mutation.kind === 'set') tables.set(mutation.table, mutation.key, mutation.values);
  else tables.ids(mutation.key, mutation.kind === 'add-id' ? 'add' : 'remove', [mutation.id]);
}

function send(tables: Tables, write: Write): void {
  if (write.kind === 'put') tables.put(write.table, write.item);
  else if (write.kind === 'delete') tables.delete(write.table, write.key);
  else if (write.kind === 'set') tables.set(write.table, write.key, write.values);
  else {
    if (write.add.length > 0) tables.ids(write.key, 'add', write.add);
    if (write.remove.length > 0) tables.ids(write.key, 'remove', write.remove);
  }
}

const s = (value: string) => ({ S: value });
const word = fc.constantFrom('', 'a', 'b', 'ab', '/', '"', '\0', '","');
const value = fc.constantFrom('1', '2', '3');

const change: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ table: fc.constantFrom<TableName>('mqtt_msg'), id: word, text: value }).map(({ table, id, text }) => ({
    kind: 'put' as const,
    table,
    key: { msgid: s(id) },
    item: { msgid: s(id), payload: s(text) },
  })),
  word.map((id) => ({ kind: 'delete' as const, table: 'mqtt_msg' as const, key: { msgid: s(id) } })),
  fc.tuple(word, value).map(([clientid, at]) => ({
    kind: 'put' as const,
    table: 'mqtt_client' as const,
    key: { clientid: s(clientid) },
    item: { clientid: s(clientid), node: s('n'), online_at: { N: at }, offline_at: { N: '0' } },
  })),
  fc.tuple(word, value, fc.boolean()).map(([clientid, at, wide]) => ({
    kind: 'set' as const,
    table: 'mqtt_client' as const,
    key: { clientid: s(clientid) },
    values: { offline_at: { N: at }, ...(wide ? { connect_state: { N: at } } : {}) },
  })),
  word.map((clientid) => ({ kind: 'delete' as const, table: 'mqtt_client' as const, key: { clientid: s(clientid) } })),
  fc.tuple(word, word, value).map(([topic, clientid, msgid]) => {
    const key = { topic: s(topic), clientid: s(clientid) };
    return { kind: 'put' as const, table: 'mqtt_acked' as const, key, item: { ...key, msgid: s(msgid) } };
  }),
  fc.tuple(word, word).map(([topic, clientid]) => ({
    kind: 'delete' as const,
    table: 'mqtt_acked' as const,
    key: { topic: s(topic), clientid: s(clientid) },
  })),
  fc
    .tuple(fc.constantFrom('add-id' as const, 'remove-id' as const), word, value)
    .map(([kind, topic, id]) => ({ kind, table: 'mqtt_topic_msg_map' as const, key: { topic: s(topic) }, id })),
);

describe('WriteSet', () => {
  it('leaves the tables as every mutation alone would have, whatever the windows', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 4 }), (windows) => {
        const folded = new Tables();
        const sequential = new Tables();
        const set = new WriteSet();
        let event = 0;
        for (const window of windows) {
          for (const mutation of window) {
            applyAlone(sequential, mutation);
            set.add((event += 1), mutation);
          }
          const writes = set.drain();
          const keys = writes.map(({ table, key }) => JSON.stringify([table, key]));
          expect(new Set(keys).size).toBe(keys.length);
          for (const write of writes) send(folded, write);
        }
        expect(folded.comparable()).toEqual(sequential.comparable());
      }),
      { numRuns: 500 },
    );
  });

  it('gives each window its own writes, in any order of sending them', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (mutations) => {
        const [forward, backward, set] = [new Tables(), new Tables(), new WriteSet()];
        for (const [event, mutation] of mutations.entries()) set.add(event, mutation);
        const writes = set.drain();
        for (const write of writes) send(forward, write);
        for (const write of writes.toReversed()) send(backward, write);
        expect(backward.comparable()).toEqual(forward.comparable());
      }),
    );
  });

  it('changes nothing more when the same window is sent twice', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (mutations) => {
        const [once, twice, set] = [new Tables(), new Tables(), new WriteSet()];
        for (const [event, mutation] of mutations.entries()) set.add(event, mutation);
        const writes = set.drain();
        for (const write of writes) send(once, write);
        for (const write of [...writes, ...writes]) send(twice, write);
        expect(twice.comparable()).toEqual(once.comparable());
      }),
    );
  });

  /** The one write that mutations of one key fold into; events are numbered from 1. */
  function folded(...mutations: Mutation[]): Write {
    const set = new WriteSet();
    for (const [index, mutation] of mutations.entries()) set.add(index + 1, mutation);
    const writes = set.drain();
    expect(writes).toHaveLength(1);
    return writes[0]!;
  }

  const client = { clientid: s('c') };
  const putClient: Mutation = {
    kind: 'put',
    table: 'mqtt_client',
    key: client,
    item: { ...client, online_at: { N: '1' }, offline_at: { N: '0' } },
  };
  const setClient = (at: string): Mutation => ({
    kind: 'set',
    table: 'mqtt_client',
    key: client,
    values: { offline_at: { N: at } },
  });
  const deleteClient: Mutation = { kind: 'delete', table: 'mqtt_client', key: client };
  const id = (kind: 'add-id' | 'remove-id', name: string): Mutation => ({
    kind,
    table: 'mqtt_topic_msg_map',
    key: { topic: s('t') },
    id: name,
  });

  it.each<[string, Mutation[], object]>([
    ['the last put wins', [putClient, putClient], { kind: 'put', events: [2] }],
    ['a put then a delete is a delete', [putClient, deleteClient], { kind: 'delete', key: client, events: [2] }],
    ['a delete then a put is a put', [deleteClient, putClient], { kind: 'put', events: [2] }],
    [
      'a set folds into the put before it',
      [putClient, setClient('2')],
      { kind: 'put', item: { ...client, online_at: { N: '1' }, offline_at: { N: '2' } }, events: [1, 2] },
    ],
    [
      'a set after a delete makes a new item',
      [deleteClient, setClient('2')],
      { kind: 'put', item: { ...client, offline_at: { N: '2' } }, events: [2] },
    ],
    [
      'a set replaces one of the same attributes',
      [setClient('1'), setClient('2')],
      { kind: 'set', values: { offline_at: { N: '2' } }, events: [2] },
    ],
    ['a put replaces a set', [setClient('1'), putClient], { kind: 'put', events: [2] }],
    [
      'ids become one ADD',
      [id('add-id', 'a'), id('add-id', 'b'), id('add-id', 'a')],
      { kind: 'ids', add: ['a', 'b'], remove: [], events: [3, 2] },
    ],
    [
      'an id that came and went is only taken out',
      [id('add-id', 'a'), id('remove-id', 'a')],
      { kind: 'ids', add: [], remove: ['a'], events: [2] },
    ],
    [
      'ADD holds all that was ever in, DELETE what left',
      [id('add-id', 'a'), id('remove-id', 'a'), id('add-id', 'b')],
      { kind: 'ids', add: ['a', 'b'], remove: ['a'], events: [2, 3] },
    ],
  ])('%s', (_, mutations, write) => {
    expect(folded(...mutations)).toMatchObject(write);
  });

  it('knows its size', () => {
    const set = new WriteSet();
    set.add(1, putClient);
    set.add(2, setClient('2'));
    set.add(3, id('add-id', 'a'));
    expect(set.size).toBe(2);
    expect(set.bytes).toBeGreaterThan(0);
    const [put] = set.drain();
    expect(put!.bytes).toBe(put!.kind === 'put' ? itemBytes(put!.item) : 0);
    expect([set.size, set.bytes]).toEqual([0, 0]);
  });
});
