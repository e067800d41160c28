import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { n, s, type Item } from '../../../../src/domain/item.ts';
import { readItemLine, type ItemLine } from '../../../../src/domain/json/item-line.ts';
import { writtenType } from '../../../../src/domain/records/attribute-types.ts';
import { ATTRIBUTES, type TableName } from '../../../../src/domain/records/tables.ts';
import { plainWriter, typedWriter } from '../../../../src/domain/json/item-json.ts';
import { exportLine } from '../../../../src/domain/json/plain-json.ts';
import { anyItem, DIGITS } from '../../../harness/any-item.ts';

const wanted = (table: TableName = 'mqtt_msg') => ({ table, known: (name: string) => writtenType(table, name) });
const read = (text: string, table?: TableName): ItemLine[] => readItemLine(text, wanted(table));
const itemIn = (text: string, table?: TableName): Item => {
  const [line, ...others] = read(text, table);
  expect([line?.kind, others]).toEqual(['item', []]);
  return (line as { item: Item }).item;
};

describe('an item that the program itself writes comes back as it was', () => {
  const some = anyItem(
    fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'S', 'N', 'M', 'table', 'Item', 'count', '1')),
  );

  it('typed, and as a line of an export', () => {
    const typed = typedWriter([]);
    fc.assert(
      fc.property(some, (item) => {
        if (Object.keys(item).length === 0) return;
        for (const text of [`{"Item":${typed(item)}}`, exportLine('other', item)])
          expect(sortedSets(itemIn(text))).toEqual(sortedSets(item));
        if (Object.keys(item).length !== 1 || !('Item' in item))
          expect(sortedSets(itemIn(typed(item)))).toEqual(sortedSets(item));
      }),
    );
  });

  it('plain, where the table knows its attributes: no digit is lost', () => {
    const message = fc.record({
      msgid: anyText(),
      topic: anyText(),
      sender: anyText(),
      payload: anyText(),
      qos: digits(),
      retain: digits(),
      arrived: digits(),
    });
    const map = fc.record({ topic: anyText(), MsgId: fc.uniqueArray(fc.string(), { minLength: 1 }).map((SS) => ({ SS })) });
    const cases: [TableName, fc.Arbitrary<Item>][] = [
      ['mqtt_msg', message],
      ['mqtt_retain', message],
      ['mqtt_topic_msg_map', map],
      [
        'mqtt_client',
        fc.record({ clientid: anyText(), connect_state: digits(), node: anyText(), online_at: digits(), offline_at: digits() }),
      ],
    ];
    for (const [table, items] of cases) {
      const write = plainWriter(ATTRIBUTES[table]);
      fc.assert(
        fc.property(items, (item) => {
          expect(sortedSets(itemIn(write(item), table))).toEqual(sortedSets(item));
        }),
      );
    }
  });

  it('as the document of --json, all of its items', () => {
    const write = plainWriter([]);
    const lines = read(
      `{"items":[\n${write({ msgid: s('a'), qos: n(1) })},\n${write({ msgid: s('b') })}\n],"count":2,"scannedCount":7}`,
    );
    expect(lines).toEqual([
      { kind: 'item', item: { msgid: s('a'), qos: n(1) }, lists: [] },
      { kind: 'item', item: { msgid: s('b') }, lists: [] },
    ]);
    expect(read('{"items":[],"count":0}')).toEqual([]);
  });
});

describe('a line of a journal', () => {
  it.each<[string, ItemLine]>([
    ['{"journal":1,"command":"purge"}', { kind: 'head' }],
    [
      '{"table":"mqtt_msg","Item":{"msgid":{"S":"a"}},"After":{"msgid":{"S":"b"}}}',
      { kind: 'item', item: { msgid: s('a') }, lists: [] },
    ],
    ['{"table":"mqtt_sub","Item":{"topic":{"S":"a"}}}', { kind: 'other' }],
    ['{"table":"mqtt_msg","After":{"msgid":{"S":"b"}}}', { kind: 'other' }],
    ['{"table":"mqtt_topic_msg_map","topic":"t","taken":["a"]}', { kind: 'other' }],
  ])('%s', (text, line) => {
    expect(read(text)).toEqual([line]);
  });

  it('brings ids back that were taken, and passes over those that were added', () => {
    const ids = (verb: string) => read(`{"table":"mqtt_topic_msg_map","topic":"t","${verb}":["a","b"]}`, 'mqtt_topic_msg_map');
    expect(ids('taken')).toEqual([{ kind: 'ids', topic: 't', ids: ['a', 'b'] }]);
    expect(ids('added')).toEqual([{ kind: 'other' }]);
  });
});

describe('what is ambiguous or wrong is told', () => {
  it.each([
    ['{"msgid":"a","meta":{"S":"x"}}', 'meta looks typed and other attributes do not'],
    ['{"msgid":{"S":"a"},"qos":1}', 'msgid looks typed and other attributes do not'],
    ['{"payload":21.5}', 'payload is text; put 21.5 in quotes'],
    ['{"a":1,"a":2}', 'the name "a" stands twice'],
    ['{"a":"\\ud800"}', 'half a character'],
    ['{"a":123456789012345678901234567890123456789}', 'a: 123456789012345678901234567890123456789 has 39 digits'],
    ['{"a":1e400}', 'a: 1e400 is beyond what DynamoDB holds'],
    ['{"qos":{"N":1}}', 'qos: the value of N is written in quotes'],
    ['{"qos":{"N":"one"}}', 'qos: "one" is no number'],
    ['{"a":{"B":"@@"}}', 'a is binary; write it in base64'],
    ['{"a":{"SS":[]}}', 'a: DynamoDB has no empty sets'],
    ['{"a":{"SS":["x","x"]}}', 'a: an element stands twice in the set'],
    ['{"a":{"L":[{"S":"x"},1]}}', 'a[1] is not typed'],
    ['{"a":{"BOOL":"true"}}', 'a: this is no value of type BOOL'],
    ['{}', 'the item has no attributes'],
    ['[1]', 'an item is a JSON object'],
    ['nonsense', 'it is not JSON'],
    ['{"a":1', 'expected'],
    ['{"a":'.repeat(100_000), 'nested too deeply|expected'],
  ])('%.60s: %s', (text, message) => {
    expect(() => read(text)).toThrow(new RegExp(message.replace(/[.[\]()*+?]/g, '\\$&')));
  });

  it('an empty set of a known attribute, and lists that may have been meant as sets', () => {
    expect(() => read('{"topic":"t","MsgId":[]}', 'mqtt_topic_msg_map')).toThrow('MsgId: DynamoDB has no empty sets');
    const [line] = read('{"topic":"t","MsgId":["b","a"],"tags":["x"],"mixed":["x",1],"none":[]}', 'mqtt_topic_msg_map');
    expect(line).toMatchObject({ kind: 'item', item: { MsgId: { SS: ['b', 'a'] }, tags: { L: [s('x')] } }, lists: ['tags'] });
  });
});

function anyText(): fc.Arbitrary<{ S: string }> {
  return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '{"S":"x"}', '1')).map((S) => ({ S }));
}

function digits(): fc.Arbitrary<{ N: string }> {
  return DIGITS.map((N) => ({ N }));
}

/** Sets are written in order. */
function sortedSets(item: Item): unknown {
  return JSON.parse(JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))), (name, value: unknown) =>
    ['SS', 'NS', 'BS'].includes(name) && Array.isArray(value) ? (value as unknown[]).map(String).toSorted() : value,
  ) as unknown;
}
