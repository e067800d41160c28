import stringWidth from 'string-width';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { cellText, timeText } from '../../../../src/output/cell.ts';
import { tableColumns } from '../../../../src/output/columns.ts';
import type { Column } from '../../../../src/output/document.ts';
import { table } from '../../../../src/output/formats/table.ts';
import { printed, printedObject } from '../../../harness/printed.ts';

const EIGHTY = { terminal: true, width: 80 };
const MESSAGE: Item = {
  msgid: { S: 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD' },
  topic: { S: 'plant/a/temp' },
  sender: { S: 'sensor-17' },
  qos: { N: '1' },
  retain: { N: '0' },
  payload: { S: '{"t":21.5}' },
  arrived: { N: '1562308553' },
};
const message = (changes: Record<string, AttributeValue>): Item => ({ ...MESSAGE, ...changes });
const lines = (text: string) => text.split('\n').slice(0, -1);

describe('table', () => {
  it('fits 80 columns whatever is in it', async () => {
    const items = [
      MESSAGE,
      message({ payload: { S: 'x'.repeat(5_000) } }),
      message({ topic: { S: '漢字'.repeat(40) }, payload: { S: '😀'.repeat(50) } }),
      message({ payload: { S: '\x1b[2J\u202e\n'.repeat(30) }, sender: { S: 'ä\u0301'.repeat(40) } }),
      message({ payload: { B: 'AAEC'.repeat(40) } }),
    ];
    const { text } = await printed(table, { columns: tableColumns('mqtt_msg'), open: true, items }, EIGHTY);
    expect(lines(text)).toHaveLength(items.length + 1);
    for (const line of lines(text)) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(
      lines(text)
        .slice(2)
        .every((line) => line.includes('…')),
    ).toBe(true);
  });

  it('keeps its columns in line for any text', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '漢', '😀', 'é', '\x1b', '…', 'W'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        const items = rows.map(([a, b], at): Item => ({ a: { S: a }, b: { S: b }, c: { S: `|${at}` } }));
        const { text: written } = await printed(table, { open: true, items }, { terminal: true, width: 60, vertical: false });
        // `c` tells the rows apart, so that each has one line
        const [, ...cells] = lines(written);
        expect(cells).toHaveLength(items.length);
        expect(new Set(cells.map((line) => stringWidth(line))).size).toBe(1);
        expect(stringWidth(cells[0]!)).toBeLessThanOrEqual(60);
      }),
    );
  });

  it('shows everything where the width does not matter', async () => {
    const items = [message({ payload: { S: 'x'.repeat(300) } })];
    const { text } = await printed(table, { columns: tableColumns('mqtt_msg'), open: true, items });
    expect(text).toContain('x'.repeat(300));
  });

  it('has known columns first, others by name, numbers to the right and no header where none is wanted', async () => {
    const items: Item[] = [
      { topic: { S: 't' }, extra: { N: '5' }, clientid: { S: 'c' } },
      { topic: { S: 't' }, extra: { N: '10' }, clientid: { S: 'c' } },
    ];
    const listing = { columns: tableColumns('mqtt_acked'), open: true, items };
    expect((await printed(table, listing)).text).toBe('topic  clientid  extra\nt      c             5\nt      c            10\n');
    expect((await printed(table, listing, { header: false })).text).toBe('t      c             5\nt      c            10\n');
  });

  it('escapes attribute names too', async () => {
    const items = [{ 'a\x1b[2J': { S: 'x' } }];
    expect((await printed(table, { open: true, items })).text).toBe('a\\x1b[2J\nx\n');
    expect((await printedObject(table, items[0]!)).text).toBe('a\\x1b[2J  x\n');
  });

  it('handles names that every object has', async () => {
    const items: Item[] = [{ constructor: { S: 'x' } }, { a: { S: 'y' } }];
    expect((await printed(table, { open: true, items })).text).toBe('a  constructor\n-  x\ny  -\n');
  });

  it('says what an empty list means', async () => {
    expect(await printed(table, { items: [], whenEmpty: 'no items' })).toEqual({ text: '', notes: ['no items'] });
  });

  it('takes the widths from the first rows; on a terminal, what comes later is shortened to them', async () => {
    const items = Array.from({ length: 201 }, (_, index): Item => ({ a: { S: index === 200 ? 'x'.repeat(20) : 'abcdefgh' } }));
    async function* rows(): AsyncGenerator<Item[]> {
      yield items.slice(0, 200);
      yield items.slice(200);
    }
    expect(lines((await printed(table, { open: true, items: rows() }, EIGHTY)).text).at(-1)).toBe('xxxxxxx…');
    expect(lines((await printed(table, { open: true, items: rows() })).text).at(-1)).toBe('x'.repeat(20));
  });

  it('shows one thing with its members under each other', async () => {
    const { text } = await printedObject(table, { b: { N: '1' }, aa: { S: 'x' } }, ['b', 'none']);
    expect(text).toBe('b   1\naa  x\n');
  });
});

describe('cells', () => {
  const time: Column = { name: 'arrived', kind: 'time' };
  it.each<[AttributeValue | undefined, Column, string]>([
    [{ N: '1562308553' }, time, '2019-07-05 06:35:53Z'],
    [{ N: '1714727730250' }, time, '2024-05-03 09:15:30.250Z'],
    [{ N: '1714727730250912' }, time, '2024-05-03 09:15:30.250Z'],
    [{ N: '99999999999' }, time, '5138-11-16 09:46:39Z'],
    [{ N: '100000000000' }, time, '1973-03-03 09:46:40.000Z'],
    [{ N: '0' }, time, '-'],
    [{ N: '-5' }, time, '-5'],
    [{ S: 'soon' }, time, 'soon'],
    [{ N: '1562308553' }, { name: 'n' }, '1562308553'],
    [{ N: '512' }, { name: 'n', kind: 'bytes' }, '512 B'],
    [{ N: '1536' }, { name: 'n', kind: 'bytes' }, '1.5 KB'],
    [{ N: '5368709120' }, { name: 'n', kind: 'bytes' }, '5.0 GB'],
    [{ S: '' }, { name: 'n' }, '""'],
    [{ S: 'a\nb' }, { name: 'n' }, 'a\\nb'],
    [undefined, { name: 'n' }, '-'],
    [{ NULL: true }, { name: 'n' }, '-'],
    [{ BOOL: true }, { name: 'n' }, 'yes'],
    [{ B: 'AAEC' }, { name: 'n' }, '<3 bytes> AAEC'],
    [{ SS: ['b', 'a'] }, { name: 'n' }, '2: a b'],
    [{ SS: ['\x1b'] }, { name: 'n' }, '1: \\x1b'],
    [{ NS: ['2', '1'] }, { name: 'n' }, '[1,2]'],
    [{ M: { 'k\x07': { S: '\u202e' } } }, { name: 'n' }, '{"k\\u0007":"\\u202e"}'],
    [{ M: { put: { N: '3' }, delete: { N: '1' } } }, { name: 'n', kind: 'counts' }, 'put 3, delete 1'],
    [{ M: { mqtt_msg: { M: { put: { N: '3' } } } } }, { name: 'n', kind: 'counts' }, 'mqtt_msg put 3'],
    [{ M: {} }, { name: 'n', kind: 'counts' }, '-'],
  ])('%j as %j is %s', (value, column, text) => {
    expect(cellText(value, column)).toBe(text);
  });

  it('never fail on a number that is not a time', () => {
    for (const digits of ['9'.repeat(38), '1e125', 'abc', '']) expect(typeof timeText(digits)).toBe('string');
  });
});
