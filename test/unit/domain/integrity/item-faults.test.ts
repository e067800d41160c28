import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemFaults } from '../../../../src/domain/integrity/item-faults.ts';
import { n, s, type AttributeValue, type Item } from '../../../../src/domain/item.ts';
import { encodeMsgid } from '../../../../src/domain/mqtt/msgid.ts';
import { ackedItem, connectedItem, disconnectedValues, messageItem } from '../../../../src/domain/records/items.ts';
import { ATTRIBUTES, TABLES, type TableName } from '../../../../src/domain/records/tables.ts';

const ID = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
const MESSAGE = messageItem({
  msgid: ID,
  topic: 'plant/a/temp',
  sender: 'sensor-17',
  qos: 1,
  retain: false,
  payload: { text: '' },
  arrived: 1_714_727_730_250,
});
const SOUND: Readonly<Record<TableName, Item>> = {
  mqtt_client: connectedItem({ clientid: 'c', node: 'n', onlineAt: 1 }),
  mqtt_sub: { clientid: s('c'), topic: s('$share/g/a/+/#'), qos: n(2) },
  mqtt_msg: MESSAGE,
  mqtt_topic_msg_map: { topic: s('a'), MsgId: { SS: [ID] } },
  mqtt_retain: { ...MESSAGE, retain: n(1), payload: s('up') },
  mqtt_acked: ackedItem({ clientid: 'c', topic: 'a', msgid: ID }),
};

const CASES: readonly [TableName, Item, string, string, string][] = [
  ['mqtt_client', { connect_state: n(3) }, 'connect_state', 'value', 'is 3; it must be 0 or 1'],
  ['mqtt_client', { clientid: s('') }, 'clientid', 'key', 'is empty; a key must not be'],
  ['mqtt_client', { clientid: s('ü'.repeat(1025)) }, 'clientid', 'key', 'is 2,050 bytes long; a partition key has at most 2,048'],
  ['mqtt_client', { online_at: s('1') }, 'online_at', 'type', 'is a string; the backend writes a number'],
  ['mqtt_sub', { topic: s('a/#/b') }, 'topic', 'filter', 'is no topic filter: # must be the last level'],
  ['mqtt_sub', { topic: s('x'.repeat(1025)) }, 'topic', 'key', 'is 1,025 bytes long; a sort key has at most 1,024'],
  ['mqtt_sub', { qos: n(3) }, 'qos', 'value', 'is 3; it must be 0, 1 or 2'],
  ['mqtt_msg', { msgid: s('nonsense') }, 'msgid', 'msgid', 'is no message id: "nonsense"'],
  ['mqtt_msg', { topic: s('a/+') }, 'topic', 'topic', 'is no topic name: a topic name cannot contain wildcards'],
  ['mqtt_msg', { retain: n('0.5') }, 'retain', 'value', 'is 0.5; it must be 0 or 1'],
  ['mqtt_msg', { payload: { B: 'AA==' } }, 'payload', 'type', 'is binary; the backend writes a string'],
  [
    'mqtt_msg',
    { payload: s('x'.repeat(409_600)) },
    'payload',
    'size',
    'makes the item 409,717 bytes large; DynamoDB takes at most 409,600',
  ],
  ['mqtt_topic_msg_map', { MsgId: { L: [s(ID)] } }, 'MsgId', 'type', 'is a list; the backend writes a string set'],
  ['mqtt_topic_msg_map', { MsgId: { SS: [ID, 'x', 'y'] } }, 'MsgId', 'msgid', 'holds what is no message id: "x" and 1 more'],
  ['mqtt_retain', { retain: n(0) }, 'retain', 'value', 'is 0; it must be 1'],
  ['mqtt_retain', { payload: s('') }, 'payload', 'value', 'is empty; an empty one deletes a retained message'],
  ['mqtt_acked', { topic: s('#') }, 'topic', 'topic', 'is no topic name: a topic name cannot contain wildcards'],
];

describe('the faults of an item', () => {
  it.each(CASES)('%s %j', (table, wrong, attribute, kind, fault) => {
    expect(itemFaults(table, { ...SOUND[table], ...wrong })).toEqual([{ attribute, kind, fault }]);
  });

  it.each(TABLES)('are none for what the backend writes: %s', (table) => {
    expect(itemFaults(table, SOUND[table])).toEqual([]);
    expect(itemFaults(table, { ...SOUND[table], extra: { NULL: true } })).toEqual([]);
  });

  it('are none for a client that was only seen to leave, and for a topic whose last id was acked', () => {
    expect(itemFaults('mqtt_client', { clientid: s('c'), ...disconnectedValues(1) })).toEqual([]);
    expect(itemFaults('mqtt_topic_msg_map', { topic: s('a') })).toEqual([]);
  });

  it('are told for a client that has a node but no time of its connect: a disconnect leaves neither or both', () => {
    const { online_at: _, ...item } = SOUND.mqtt_client;
    expect(itemFaults('mqtt_client', item)).toEqual([{ attribute: 'online_at', kind: 'missing', fault: 'is missing' }]);
  });

  it.each(TABLES)('are told for every attribute that is missing from %s, in order', (table) => {
    const optional = ['node', 'online_at', 'MsgId'];
    const wanted = ATTRIBUTES[table].filter((name) => !optional.includes(name));
    const faults = itemFaults(table, {});
    expect(faults.map(({ attribute }) => attribute)).toEqual(wanted);
    expect(faults.every(({ kind }) => kind === 'missing')).toBe(true);
  });

  it.each(TABLES)('are at most one for each attribute, whatever %s holds', (table) => {
    const value = fc.oneof(
      fc.string().map((S): AttributeValue => ({ S })),
      fc.integer().map((N): AttributeValue => ({ N: String(N) })),
      fc.constantFrom<AttributeValue>({ NULL: true }, { BOOL: false }, { M: {} }, { L: [] }, { BS: ['AA=='] }, { NS: ['1'] }),
      fc
        .uniqueArray(fc.oneof(fc.string(), fc.bigInt(0n, 2n ** 128n - 1n).map(encodeMsgid)), { minLength: 1 })
        .map((SS) => ({ SS })),
    );
    const names = fc.constantFrom(...ATTRIBUTES[table]);
    fc.assert(
      fc.property(fc.array(fc.tuple(names, value)), (changes) => {
        const faults = itemFaults(table, { ...SOUND[table], ...Object.fromEntries(changes) });
        const told = faults.map(({ attribute }) => attribute);
        expect(new Set(told).size).toBe(told.length);
        expect(ATTRIBUTES[table]).toEqual(expect.arrayContaining(told));
      }),
    );
  });
});
