import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { n, s, type Item } from '../../../src/domain/item.ts';
import { formatNamed } from '../../../src/output/formats/registry.ts';
import { Sink } from '../../../src/output/sink.ts';
import { makeTheme } from '../../../src/output/theme.ts';

const TOPICS = [
  'plant/a/temp',
  'Außen/Straße',
  '工場/温度/センサー',
  '👩‍👩‍👧/🌡️',
  'tab\tand\u202ebidi',
  'a'.repeat(60),
  '',
  '🏭🏭🏭🏭🏭🏭🏭🏭🏭🏭',
];

const items: Item[] = Array.from({ length: 500 }, (_, index) => ({
  topic: s(TOPICS[index % TOPICS.length]!),
  qos: n(index % 3),
  arrived: n(1_714_727_730 + index),
  payload: s(TOPICS[(index * 7 + 3) % TOPICS.length]! + index),
}));

/** The table of items that arrive in blocks of these sizes. */
async function shown(sizes: readonly number[], width: number | undefined): Promise<string> {
  const stream = new PassThrough();
  const read = text(stream);
  const sink = new Sink(stream);
  const format = await formatNamed('table');
  const rows = (async function* () {
    let start = 0;
    for (const size of sizes) yield items.slice(start, (start += size));
  })();
  const columns = [{ name: 'topic' }, { name: 'qos' }, { name: 'arrived', kind: 'time' as const }, { name: 'payload' }];
  const theme = await makeTheme(false, {});
  await format.list(
    { columns, items: rows },
    { sink, theme, terminal: false, width, header: true, csvRaw: false, note: () => undefined },
  );
  await sink.flush();
  stream.end();
  return read;
}

describe('table', () => {
  it.each([undefined, 80, 60, 50])('looks the same however large the pages are, at width %s', async (width) => {
    const small = await shown([200, 100, 100, 100], width);
    expect(small.split('\n').length).toBeGreaterThanOrEqual(items.length + 2);
    expect(await shown([200, 300], width)).toBe(small);
    expect(await shown([500], width)).toBe(small);
  });

  it('knows the width of plain letters without measuring', () => {
    const ranges = [
      [0x20, 0x7e],
      [0xa1, 0xa8],
      [0xaa, 0xac],
      [0xaf, 0x2ff],
      [0x370, 0x482],
      [0x48a, 0x52f],
      [0x2026, 0x2026],
    ] as const;
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; code += 1) expect([code, stringWidth(String.fromCodePoint(code))]).toEqual([code, 1]);
    }
  });

  it('cuts between characters and says that it cut', async () => {
    const lines = (await shown([10], 60)).split('\n');
    expect(lines.some((line) => line.includes('…'))).toBe(true);
    for (const line of lines) expect(line.isWellFormed()).toBe(true);
  });
});
