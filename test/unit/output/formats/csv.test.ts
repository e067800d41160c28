import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { csv } from '../../../../src/output/formats/csv.ts';
import { printed, printedObject } from '../../../harness/printed.ts';

const COLUMNS = [{ name: 'a' }, { name: 'b' }];

async function cell(value: AttributeValue, options = {}): Promise<string> {
  const { text } = await printed(csv, { columns: [{ name: 'a' }], items: [{ a: value }] }, { header: false, ...options });
  return text.replace(/\r\n$/, '');
}

/** A reader of RFC 4180, as strict as the RFC. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = field.exec(text); match; match = field.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('csv', () => {
  it.each<[AttributeValue, string]>([
    [{ S: 'plain' }, 'plain'],
    [{ S: 'a,b' }, '"a,b"'],
    [{ S: 'say "hi"' }, '"say ""hi"""'],
    [{ S: 'a\nb' }, '"a\nb"'],
    [{ S: '=1+1' }, "'=1+1"],
    [{ S: '+49' }, "'+49"],
    [{ S: '-x' }, "'-x"],
    [{ S: '@SUM(A1)' }, "'@SUM(A1)"],
    [{ S: '\tx' }, "'\tx"],
    [{ S: '\rx' }, '"\'\rx"'],
    [{ S: '=a,"b"' }, `"'=a,""b"""`],
    [{ S: 'a=1' }, 'a=1'],
    [{ N: '-5' }, '-5'],
    [{ N: '12345678901234567890123456789012345678' }, '12345678901234567890123456789012345678'],
    [{ B: '/+A=' }, '/+A='],
    [{ B: '+A==' }, "'+A=="],
    [{ BOOL: true }, 'true'],
    [{ NULL: true }, ''],
    [{ SS: ['b', 'a'] }, '"[""a"",""b""]"'],
    [{ M: { k: { N: '1' } } }, '"{""k"":1}"'],
    [{ S: '\x1b[2J' }, '\x1b[2J'],
  ])('%j is %s', async (value, text) => {
    expect(await cell(value)).toBe(text);
  });

  it('leaves formulas alone where asked, and shows no control to a terminal', async () => {
    expect(await cell({ S: '=1+1' }, { csvRaw: true })).toBe('=1+1');
    expect(await cell({ S: '\x1b[2J' }, { terminal: true })).toBe('\\x1b[2J');
  });

  it('can be read back', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '\r\n', ' ', 'ä', "'"), minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1 }), async (rows) => {
        const items = rows.map(([a, b]): Item => ({ a: { S: a }, b: { S: b } }));
        const { text: written } = await printed(csv, { columns: COLUMNS, items }, { csvRaw: true });
        expect(parseCsv(written)).toEqual([['a', 'b'], ...rows]);
      }),
    );
  });

  it('has one header, known columns first, and an empty cell for what is not there', async () => {
    const { text } = await printed(csv, {
      columns: COLUMNS,
      open: true,
      items: [{ b: { S: 'x' }, d: { N: '1' }, c: { N: '2' } }, {}],
    });
    expect(text).toBe('a,b,c,d\r\n,x,2,1\r\n,,,\r\n');
  });

  it('has a header even without rows, and none where none is wanted', async () => {
    expect((await printed(csv, { columns: COLUMNS, items: [] })).text).toBe('a,b\r\n');
    expect((await printed(csv, { columns: COLUMNS, items: [] }, { header: false })).text).toBe('');
  });

  it('handles names that every object has', async () => {
    const { text } = await printed(csv, { open: true, items: [{ constructor: { S: 'x' }, toString: { S: 'y' } }, {}] });
    expect(text).toBe('constructor,toString\r\nx,y\r\n,\r\n');
  });

  it('says which attributes came too late for the header', async () => {
    async function* rows(): AsyncGenerator<Item[]> {
      yield [{ a: { S: '1' } }];
      yield [{ a: { S: '2' }, late: { S: 'x' } }];
    }
    const { text, notes } = await printed(csv, { open: true, items: rows() });
    expect(text).toBe('a\r\n1\r\n2\r\n');
    expect(notes).toEqual([expect.stringMatching(/left out: late;/)]);
  });

  it('writes one thing as one row', async () => {
    expect((await printedObject(csv, { b: { N: '1' }, c: { S: '=x' } }, ['a', 'b'])).text).toBe("a,b,c\r\n,1,'=x\r\n");
  });
});
