import { describe, expect, it } from 'vitest';
import type { Item } from '../../../../src/domain/item.ts';
import { tableColumns } from '../../../../src/output/columns.ts';
import { json } from '../../../../src/output/formats/json.ts';
import { ddbJson, jsonl } from '../../../../src/output/formats/lines.ts';
import { formatNamed, FORMAT_NAMES } from '../../../../src/output/formats/registry.ts';
import { printed, printedObject } from '../../../harness/printed.ts';

const ITEMS: Item[] = [
  { qos: { N: '1' }, topic: { S: 'a' }, clientid: { S: 'c' } },
  { clientid: { S: '\u202e\x9b' }, extra: { SS: ['b', 'a'] } },
];
const LISTING = { columns: tableColumns('mqtt_sub'), open: true, items: ITEMS };

describe('json', () => {
  it('is one document with its totals behind the items', async () => {
    const totals = () => ({ scannedCount: { N: '5' }, consumedCapacity: { N: '0.5' } });
    const { text } = await printed(json, { ...LISTING, totals });
    expect(text).toBe(
      '{"items":[\n{"clientid":"c","topic":"a","qos":1},\n{"clientid":"\u202e\x9b","extra":["a","b"]}\n],"count":2,"scannedCount":5,"consumedCapacity":0.5}\n',
    );
    expect(JSON.parse(text)).toMatchObject({ count: 2 });
  });

  it('is one document when there is nothing', async () => {
    expect((await printed(json, { items: [] })).text).toBe('{"items":[],"count":0}\n');
  });

  it('is the members of one thing', async () => {
    expect((await printedObject(json, { b: { NULL: true }, a: { N: '1' } }, ['b'])).text).toBe('{"b":null,"a":1}\n');
  });
});

describe('lines', () => {
  it('are one document each', async () => {
    expect((await printed(jsonl, LISTING)).text).toBe(
      '{"clientid":"c","topic":"a","qos":1}\n{"clientid":"\u202e\x9b","extra":["a","b"]}\n',
    );
    expect((await printed(ddbJson, LISTING)).text).toBe(
      '{"Item":{"clientid":{"S":"c"},"topic":{"S":"a"},"qos":{"N":"1"}}}\n{"Item":{"clientid":{"S":"\u202e\x9b"},"extra":{"SS":["a","b"]}}}\n',
    );
    expect((await printedObject(ddbJson, { a: { N: '1' } })).text).toBe('{"Item":{"a":{"N":"1"}}}\n');
  });

  it.each([json, jsonl, ddbJson])('and documents are safe on a terminal ($name)', async (format) => {
    const plain = await printed(format, LISTING);
    const shown = await printed(format, LISTING, { terminal: true });
    expect(shown.text).toContain('"\\u202e\\u009b"');
    expect(shown.text.replaceAll('\\u202e\\u009b', '\u202e\x9b')).toBe(plain.text);
  });
});

describe('formats', () => {
  it('go by their names, table first', async () => {
    expect(FORMAT_NAMES).toEqual(['table', 'json', 'jsonl', 'csv', 'ddb-json']);
    for (const name of FORMAT_NAMES) expect((await formatNamed(name)).name).toBe(name);
  });
});
