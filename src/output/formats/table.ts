import { attributeOf, type Item } from '../../domain/item.ts';
import { cellLines, cellText, isRightAligned, paintOf } from '../cell.ts';
import type { Column, Format, Listing, OutputOptions } from '../document.ts';
import { escapeControls } from '../escape.ts';
import { Grid, type Cell } from '../grid.ts';
import { GAP, layOut, type Hidden } from '../layout.ts';
import { folded, shortened, textWidth } from '../shorten.ts';

/** Rows that decide the widths; later ones are shortened to them. */
const SAMPLE = 200;

/** Values of a row that is shown in lines have at least so many columns, or they begin below their name. */
const MIN_VALUE_WIDTH = 10;

/** For people: aligned columns without borders, one row a line, as wide as the terminal. */
export const table: Format = {
  name: 'table',
  async list(listing, options) {
    let rows: Rows | undefined;
    let sample: Item[] = [];
    const start = async () => {
      rows = rowsFor(columnsOf(listing, sample, options), sample, options);
      await options.sink.write(rows.first(sample));
    };
    for await (const block of listing.items) {
      if (rows) {
        await options.sink.write(rows.further(block));
        continue;
      }
      sample = sample.concat(block);
      if (sample.length >= SAMPLE) await start();
    }
    if (!rows && sample.length > 0) await start();
    if (!rows && listing.whenEmpty !== undefined) options.note(listing.whenEmpty);
    if (!rows || rows.hidden.length === 0) return;
    // below the rows, whichever of stdout and stderr is faster
    await options.sink.flush();
    options.note(hiddenText(rows.hidden, rows.isConstant));
  },

  async object(item, columns, options) {
    const known = columns.filter(({ name, aside }) => (options.wide || !aside) && Object.hasOwn(item, name));
    const others = Object.keys(item).filter((name) => !columns.some((column) => column.name === name));
    const all: Column[] = [...known, ...others.sort().map((name) => ({ name }))];
    await options.sink.write(record(item, all, options));
  },
};

function columnsOf(listing: Listing, sample: readonly Item[], options: OutputOptions): readonly Column[] {
  const shown = listing.columns.filter(({ aside }) => options.wide || !aside);
  if (!listing.open) return shown;
  const known = new Set(listing.columns.map(({ name }) => name));
  const present = new Set(sample.flatMap((item) => Object.keys(item)));
  const others = [...present].filter((name) => !known.has(name)).sort();
  return [...shown.filter(({ name }) => present.has(name)), ...others.map((name) => ({ name }))];
}

/** How rows become text, once the first of them are known. */
type Rows = {
  hidden: readonly Hidden[];
  /** False when a later row has something else in a hidden column than the first ones. */
  isConstant: (hidden: Hidden) => boolean;
  first: (sample: readonly Item[]) => string;
  further: (block: readonly Item[]) => string;
};

function rowsFor(columns: readonly Column[], sample: readonly Item[], options: OutputOptions): Rows {
  const single = sample.length === 1 && options.width !== undefined && options.header;
  if (options.vertical ?? single) return records(columns, options);
  const headings = columns.map(nameOf);
  const texts = columns.map((column) => sample.slice(0, SAMPLE).map((item) => textIn(item, column, options)));
  const right = columns.map((column) => sample.some((item) => isRightAligned(attributeOf(item, column.name), column)));
  const layout = layOut({ columns, headings, texts }, right, options.width);
  if (layout === undefined) return records(columns, options);
  const grid = new Grid(layout.placed, options.width !== undefined);
  const changed = new Set<string>();
  const places = layout.hidden.map((hidden) => ({ hidden, at: headings.indexOf(hidden.name) }));
  const cellsOf = (item: Item) => {
    const cells = columns.map((column) => cellIn(item, column, options));
    for (const { hidden, at } of places) if (cells[at]?.text !== hidden.constant) changed.add(hidden.name);
    return cells;
  };
  const further = (items: readonly Item[]) => items.map((item) => grid.row(cellsOf(item))).join('');
  return {
    hidden: layout.hidden,
    isConstant: ({ name }) => !changed.has(name),
    first: (items) =>
      (options.header ? grid.header(headings, options.theme.heading) : '') +
      grid.draw(items.slice(0, SAMPLE).map(cellsOf)) +
      further(items.slice(SAMPLE)),
    further,
  };
}

/** Rows in lines, one attribute a line, a blank line between them. */
function records(columns: readonly Column[], options: OutputOptions): Rows {
  const text = (items: readonly Item[]) => items.map((item) => record(item, columns, options));
  return {
    hidden: [],
    isConstant: () => true,
    first: (items) => text(items).join('\n'),
    further: (items) =>
      text(items)
        .map((each) => `\n${each}`)
        .join(''),
  };
}

/** One attribute a line; what is wider than the terminal goes on below. */
function record(item: Item, columns: readonly Column[], options: OutputOptions): string {
  const { width = Infinity, theme, terminal } = options;
  const names = columns.map(nameOf);
  const indent = Math.max(0, ...names.map(textWidth)) + GAP;
  const below = width - indent < MIN_VALUE_WIDTH;
  const left = below ? Math.min(GAP, width - 2) : indent;
  let text = '';
  for (const column of columns) {
    const value = attributeOf(item, column.name);
    const paint = paintOf(value, column, theme) ?? ((shown: string) => shown);
    const lines = cellLines(value, column, terminal).flatMap((line) => folded(line, width - left));
    const name = shortened(nameOf(column), width, width);
    const label = theme.heading(name) + (below ? `\n${' '.repeat(left)}` : ' '.repeat(indent - textWidth(name)));
    text += `${label}${lines.map((line) => paint(line)).join(`\n${' '.repeat(left)}`)}\n`;
  }
  return text;
}

/** Attribute names come from the table like any other text. */
function nameOf({ name, label = name }: Column): string {
  return escapeControls(label);
}

function textIn(item: Item, column: Column, { terminal }: OutputOptions): string {
  return cellText(attributeOf(item, column.name), column, terminal);
}

function cellIn(item: Item, column: Column, options: OutputOptions): Cell {
  const value = attributeOf(item, column.name);
  return { text: cellText(value, column, options.terminal), paint: paintOf(value, column, options.theme) };
}

function hiddenText(hidden: readonly Hidden[], isConstant: (hidden: Hidden) => boolean): string {
  const names = hidden.map((each) => {
    const { name, constant } = each;
    return constant === undefined || !isConstant(each) ? name : `${name} (${shortened(constant, 40, 40)} in every row)`;
  });
  return `not shown for lack of room: ${names.join(', ')}; --wide shows everything`;
}
