import { describe, expect, it } from 'vitest';
import { broughtBack, exportedChange, merged, type ImportChange } from '../../../../src/domain/import/change.ts';
import { importKeyText } from '../../../../src/domain/import/key-text.ts';
import { importName } from '../../../../src/domain/import/table-name.ts';
import { addCounts, isAccountedFor, noCounts, totalOf, type TableCounts } from '../../../../src/domain/import/counts.ts';
import { n, s, type Item } from '../../../../src/domain/item.ts';
import { TABLES } from '../../../../src/domain/records/tables.ts';

const micros = '"Metadata":{"WriteTimestampMicros":{"N":"1"}}';

describe('a line of an export', () => {
  it.each([
    ['full', '{"Item":{"a":{"S":"x"}}}', { kind: 'put', item: { a: s('x') } }],
    [
      'incremental',
      `{${micros},"Keys":{"a":{"S":"x"}},"NewImage":{"a":{"S":"x"},"b":{"N":"1"}}}`,
      { kind: 'put', item: { a: s('x'), b: n(1) } },
    ],
    ['incremental', `{${micros},"Keys":{"a":{"S":"x"}},"OldImage":{"a":{"S":"x"}}}`, { kind: 'delete', key: { a: s('x') } }],
    ['incremental', `{${micros},"Keys":{"a":{"S":"x"}},"NewImage":{}}`, { kind: 'delete', key: { a: s('x') } }],
    ['incremental', `{${micros},"Keys":{"a":{"S":"x"}}}`, { kind: 'delete', key: { a: s('x') } }],
  ] as const)('%s %s', (kind, text, change) => {
    expect(exportedChange(text, kind)).toEqual({ change });
  });

  it('keeps an attribute of any name', () => {
    const read = exportedChange('{"Item":{"__proto__":{"S":"x"},"constructor":{"M":{"__proto__":{"N":"1"}}}}}', 'full');
    const item = 'change' in read && read.change.kind === 'put' ? read.change.item : {};
    expect(JSON.stringify(item)).toBe('{"__proto__":{"S":"x"},"constructor":{"M":{"__proto__":{"N":"1"}}}}');
  });

  it('tells what is wrong with it', () => {
    expect(exportedChange('{"Item":{}}', 'full')).toEqual({ fault: 'has no Item' });
    expect(exportedChange('{"Item":{"a":{"S":"x"}}}', 'incremental')).toEqual({ fault: 'has no Metadata.WriteTimestampMicros' });
  });
});

describe('--merge', () => {
  const put = (item: Item): ImportChange => ({ kind: 'put', item });

  it('adds the ids of a row, whatever else it has', () => {
    const row = { topic: s('a'), MsgId: { SS: ['1', '2'] } };
    for (const item of [row, { ...row, expires: n(9) }]) {
      expect(merged('mqtt_topic_msg_map', put(item))).toEqual({ kind: 'add-ids', topic: 'a', ids: ['1', '2'] });
    }
    expect(merged('mqtt_topic_msg_map', put({ topic: s('a') }))).toEqual({ kind: 'add-ids', topic: 'a', ids: [] });
  });

  it.each([
    ['mqtt_topic_msg_map', { topic: s('a'), MsgId: { L: [s('1')] } }],
    ['mqtt_sub', { topic: s('a'), MsgId: { SS: ['1'] } }],
  ])('replaces any other item of %s', (table, item) => {
    expect(merged(table, put(item))).toEqual(put(item));
  });
});

it('a change of a journal brings back what it took away', () => {
  const before = { msgid: s('1') };
  expect(broughtBack({ kind: 'item', table: 'mqtt_msg', before, after: undefined })).toEqual({ kind: 'put', item: before });
  expect(broughtBack({ kind: 'item', table: 'mqtt_msg', before: undefined, after: before })).toEqual({ kind: 'skip' });
  const ids = { table: 'mqtt_topic_msg_map', topic: 'a', ids: ['1'] } as const;
  expect(broughtBack({ kind: 'take-ids', ...ids })).toEqual({ kind: 'add-ids', topic: 'a', ids: ['1'] });
  expect(broughtBack({ kind: 'add-ids', ...ids })).toEqual({ kind: 'skip' });
});

it.each([
  ['mqtt_sub', 'mqtt_sub'],
  ['prod-mqtt_sub', 'mqtt_sub'],
  ['mqtt_sub_old', 'mqtt_sub_old'],
  ['orders', 'orders'],
])('%s is imported as %s', (exported, name) => {
  expect(importName(exported, TABLES)).toBe(name);
});

it('of several names at the end of one the longest is meant', () => {
  expect(importName('x_mqtt_sub', ['sub', 'mqtt_sub', 't_sub'])).toBe('mqtt_sub');
});

describe('the text of a key', () => {
  const parts = [
    { name: 'a', type: 'S' },
    { name: 'b', type: 'N' },
  ] as const;

  it('is the same for numbers of one value, and for no other two keys', () => {
    const text = (a: string, b: string) => importKeyText({ a: s(a), b: { N: b }, more: s('x') }, parts);
    expect(text('x', '1.50')).toBe(text('x', '15e-1'));
    const others = [text('x', '1'), text('x', '11'), text('x1', '1'), text('x1', '11'), text('1:x', '1'), text('x', '-1')];
    expect(new Set(others).size).toBe(others.length);
  });

  it('is of a key of any name', () => {
    expect(importKeyText(JSON.parse('{"__proto__":{"S":"x"}}') as Item, [{ name: '__proto__', type: 'S' }])).toBe('x');
    expect(importKeyText({}, [{ name: 'constructor', type: 'S' }])).toBe('');
  });
});

it('counts of tables add up', () => {
  const sum: TableCounts[] = [];
  addCounts(sum, [{ ...noCounts('a'), read: 2, applied: 1, rejected: 1, bytes: 10, writeUnits: 1 }]);
  addCounts(sum, [
    { ...noCounts('b'), read: 1, skipped: 1 },
    { ...noCounts('a'), read: 1, superseded: 1 },
  ]);
  expect(sum.map(({ table, read }) => [table, read])).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
  expect(totalOf(sum)).toMatchObject({ read: 4, applied: 1, superseded: 1, skipped: 1, rejected: 1, bytes: 10, writeUnits: 1 });
  expect(isAccountedFor(totalOf(sum))).toBe(true);
  expect(isAccountedFor({ ...totalOf(sum), read: 5 })).toBe(false);
  expect(totalOf([])).toMatchObject({ read: 0 });
});
