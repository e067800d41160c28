import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { n, s, type Item } from '../../../src/domain/item.ts';
import { tableColumns } from '../../../src/output/columns.ts';
import type { Column } from '../../../src/output/document.ts';
import { escapeControls } from '../../../src/output/escape.ts';
import { table } from '../../../src/output/formats/table.ts';
import { Grid } from '../../../src/output/grid.ts';
import { layOut } from '../../../src/output/layout.ts';
import { bestHead, filled, folded, shortened, textWidth } from '../../../src/output/shorten.ts';
import { printed } from '../../harness/printed.ts';

const WIDTHS = [60, 80, 120];
const lines = (text: string) => text.split('\n').slice(0, -1);

const message = (at: number, more: Item = {}): Item => ({
  msgid: s(`MzMxMTgxMTU3M${String(1_000 + at)}0Mjk4ODc5MDY0MzIyMDI0MTM2MjJ`),
  topic: s(`site/north/building-7/floor-3/line-${at % 3}/temp`),
  sender: s('undefined'),
  qos: n(1),
  retain: n(0),
  payload: s(`{"temperature":2${at % 10}.25,"unit":"celsius","sequence":${at}}`),
  arrived: n(1_795_336_650 + at),
  ...more,
});

const messages = Array.from({ length: 20 }, (_, at) => message(at));
const show = (width: number | undefined, items: readonly Item[] = messages, more = {}) =>
  printed(table, { columns: tableColumns('mqtt_msg'), open: true, items }, { terminal: true, width, ...more });

describe.each(WIDTHS)('a table at %i columns', (width) => {
  it('fits, with ids that differ and topics that keep their end', async () => {
    const { text } = await show(width);
    const [header, ...rows] = lines(text);
    for (const line of lines(text)) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    expect(header).toMatch(/^msgid +topic +payload +arrived$/);
    expect(new Set(rows.map((row) => row.split(' ')[0])).size).toBe(messages.length);
    for (const [at, row] of rows.entries()) expect(row).toMatch(new RegExp(`-${at % 3}/temp +\\{"temp`));
  });

  it('says which columns gave way, and what was in them', async () => {
    const { notes } = await show(width);
    expect(notes).toEqual([
      'not shown for lack of room: sender (undefined in every row), retain (0 in every row), qos (1 in every row); --wide shows everything',
    ]);
  });

  it('does not claim more of a hidden column than is so', async () => {
    async function* rows() {
      yield Array.from({ length: 200 }, (_, at) => message(at));
      yield [message(200, { sender: s('panel-1') })];
    }
    const listing = { columns: tableColumns('mqtt_msg'), open: true, items: rows() };
    const { notes } = await printed(table, listing, { terminal: true, width });
    expect(notes[0]).toContain('room: sender, retain (0 in every row)');
  });

  it('shows a single row one attribute a line, with nothing left out', async () => {
    const long = message(1, { payload: s('x'.repeat(300)) });
    const { text } = await show(width, [long]);
    expect(lines(text)[0]).toMatch(/^msgid {4}MzMx/);
    for (const line of lines(text)) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    expect(text.replaceAll(/\n {9}/g, '')).toContain('x'.repeat(300));
    if (width >= 80) expect(lines((await show(width, [long], { vertical: false })).text)).toHaveLength(2);
    expect(lines((await show(width, messages, { vertical: true })).text).filter((line) => line === '')).toHaveLength(19);
  });
});

describe('a table with more columns than room', () => {
  const item = (at: number, more: Item = {}): Item => ({
    clientid: s(`building-7-press-${100 + at}`),
    state: s(at % 2 === 0 ? 'online' : 'offline'),
    node: s(`emqx@10.0.0.${at % 2}`),
    started: n(1_714_727_730_250 + at),
    ended: n(1_714_827_730_250 + at),
    ...more,
  });
  const names: Column[] = ['clientid', 'state', 'node', 'started', 'ended'].map((name) =>
    name.endsWith('ed') ? { name, kind: 'time' } : { name },
  );

  it('leaves columns with two values out before it shortens what says which row it is', async () => {
    const listing = { columns: names, items: Array.from({ length: 8 }, (_, at) => item(at)) };
    const { text, notes } = await printed(table, listing, { terminal: true, width: 72 });
    expect(lines(text)[0]).toMatch(/^clientid +started +ended$/);
    expect(lines(text)[3]).toMatch(/^building-7-press-102 /);
    expect(notes).toEqual(['not shown for lack of room: node, state; --wide shows everything']);
  });

  it('never leaves a coloured one out, nor any of a few rows', async () => {
    const columns = names.map((column) => (column.name === 'state' ? { ...column, tones: { offline: 'bad' as const } } : column));
    const many = await printed(
      table,
      { columns, items: Array.from({ length: 8 }, (_, at) => item(at)) },
      { terminal: true, width: 80 },
    );
    expect(lines(many.text)[0]).toMatch(/^clientid +state +started +ended$/);
    const few = await printed(table, { columns: names, items: [item(1), item(2)] }, { terminal: true, width: 80 });
    expect(lines(few.text)[0]).toMatch(/^clientid +state +node +started +ended$/);
    for (const line of [...lines(many.text), ...lines(few.text)]) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('a sentence on a terminal', () => {
  const sentence = 'note: the broker looks up stored messages by exact topic';
  it.each([
    [30, ['note: the broker looks up', '  stored messages by exact', '  topic']],
    [56, [sentence]],
    [undefined, [sentence]],
    // too narrow for it to be of use
    [10, [sentence]],
  ])('of %s columns is broken between words', (width, said) => {
    expect(filled(sentence, width).split('\n')).toEqual(said);
  });

  it('keeps a long word whole, and a line that is there to be copied', () => {
    expect(filled(`see ${'x'.repeat(40)} there`, 20)).toBe(`see\n  ${'x'.repeat(40)}\n  there`);
    expect(filled(`  aws ${'s3 '.repeat(20)}`, 20)).toBe(`  aws ${'s3 '.repeat(20)}`);
  });

  it('is never wider than the terminal where its words are not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z\u4e00-\u4e20]{1,8}$/), { minLength: 1 }),
        fc.integer({ min: 20, max: 90 }),
        (words, width) => {
          const said = filled(words.join(' '), width).split('\n');
          for (const line of said) expect(textWidth(line)).toBeLessThanOrEqual(width);
          expect(said.map((line) => line.trim()).join(' ')).toBe(words.join(' '));
        },
      ),
    );
  });
});

describe('--wide', () => {
  it('shows every column and shortens nothing', async () => {
    const listing = { columns: [...tableColumns('mqtt_msg'), { name: 'x', aside: true }], items: messages };
    const { text, notes } = await printed(table, listing, { terminal: true, width: undefined, wide: true });
    expect(lines(text)[0]).toMatch(/^msgid +topic +sender +qos +retain +payload +arrived +x$/);
    expect(text).not.toContain('…');
    expect(notes).toEqual([]);
  });
});

/** Texts that are alike in most of their characters, in the ways that ids, topics and payloads are; and any others. */
const alike = fc.tuple(
  fc.constantFrom('MzMxMTgxMTU3M', 'site/a/', '', '漢字/'),
  fc.nat(40),
  fc.string({ maxLength: 3 }),
  fc.nat(40),
);
const text = fc.oneof(
  alike.map(([start, before, middle, after]) => `${start}${'k'.repeat(before)}${middle}${'t'.repeat(after)}`),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '…', ' ', '工', '👩‍👩‍👧'), maxLength: 60 }),
);
const rowsOf = fc.array(fc.tuple(text, text, fc.nat(3)), { minLength: 2, maxLength: 30 });
const COLUMNS: readonly Column[] = [{ name: 'topic' }, { name: 'payload', kind: 'payload' }, { name: 'qos' }];

describe('whatever the rows', () => {
  it('no line is wider than the terminal', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.integer({ min: 8, max: 130 }), fc.boolean(), async (rows, width, vertical) => {
        const items = rows.map(([topic, payload, qos]): Item => ({ topic: s(topic), payload: s(payload), qos: n(qos) }));
        const options = { terminal: true, width, vertical: vertical || undefined };
        const { text: written } = await printed(table, { columns: COLUMNS, items }, options);
        for (const line of lines(written)) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('two that differ in a shown column never look alike', () => {
    fc.assert(
      fc.property(rowsOf, fc.integer({ min: 20, max: 130 }), fc.nat(30), (rows, width, sampled) => {
        const cells = rows.map(([topic, payload, qos]) => [topic, payload, String(qos)].map(escapeControls));
        const sample = cells.slice(0, 2 + sampled);
        const texts = COLUMNS.map((_, at) => sample.map((row) => row[at]!));
        const layout = layOut({ columns: COLUMNS, headings: ['topic', 'payload', 'qos'], texts }, [false, false, true], width)!;
        const grid = new Grid(layout.placed, true);
        const whole = new Map<string, string>();
        for (const row of cells) {
          const shown = grid.row(row.map((each) => ({ text: each })));
          for (const line of lines(shown)) expect(stringWidth(line)).toBeLessThanOrEqual(width);
          const own = layout.placed.map(({ index }) => row[index]!.replace(/ +$/, '')).join('\0');
          expect(whole.get(shown) ?? own, shown).toBe(own);
          whole.set(shown, own);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a shortened text is no wider than it may be, and a folded one is whole', () => {
    fc.assert(
      fc.property(text.map(escapeControls), fc.integer({ min: 2, max: 60 }), fc.nat(60), (any, width, head) => {
        expect(textWidth(shortened(any, width, head))).toBeLessThanOrEqual(width);
        expect(folded(any, width).join('')).toBe(any);
        for (const line of folded(any, width)) expect(textWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('the part of a text that is kept', () => {
  it.each([
    ['any', ['MzMxMTgx1111', 'MzMxMTgx2222'], 8, 'Mz…x1111'],
    ['any', ['0f3a-aaaaaaaa', '77c1-aaaaaaaa'], 8, '0f3a-aa…'],
    ['end', ['site/a/line/1', 'site/a/line/2'], 8, '…/line/1'],
    ['end', ['site-1/a/b/temp', 'site-2/a/b/temp'], 9, 'site-1…mp'],
    ['start', ['{"a":1,"b":2}', '{"a":1,"b":3}'], 8, '{"a":1,…'],
  ] as const)('of %s %j in %i columns', (kept, texts, width, shown) => {
    expect(shortened(texts[0], width, bestHead(texts, width, kept))).toBe(shown);
  });
});
