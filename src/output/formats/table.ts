import Table from 'cli-table3';
import stringWidth from 'string-width';
import { attributeOf, type Item } from '../../domain/item.ts';
import { cellLines, cellText, isRightAligned } from '../cell.ts';
import type { Column, Format, Listing, OutputOptions } from '../document.ts';
import { escapeControls } from '../escape.ts';

/** Rows that decide the widths; later ones are shortened to them. */
const SAMPLE = 200;
const GAP = 2;
const MIN_WIDTH = 6;

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};

/** For people: aligned columns without borders, one row a line, as wide as the terminal. */
export const table: Format = {
  name: 'table',
  async list(listing, options) {
    let grid: Grid | undefined;
    let sample: Item[] = [];
    const start = async () => {
      grid = new Grid(columnsOf(listing, sample), sample, options);
      if (options.header) await options.sink.write(grid.header());
      await options.sink.write(grid.lines(sample));
    };
    for await (const block of listing.rows) {
      if (grid) {
        await options.sink.write(grid.lines(block));
        continue;
      }
      sample = sample.concat(block);
      if (sample.length >= SAMPLE) await start();
    }
    if (!grid && sample.length > 0) await start();
    if (!grid && listing.whenEmpty !== undefined) options.note(listing.whenEmpty);
  },

  async object(item, columns, options) {
    const known = columns.filter(({ name, aside }) => !aside && Object.hasOwn(item, name));
    const others = Object.keys(item).filter((name) => !columns.some((column) => column.name === name));
    const all: Column[] = [...known, ...others.sort().map((name) => ({ name }))];
    const indent = Math.max(...all.map((column) => stringWidth(nameOf(column)))) + GAP;
    for (const column of all) {
      const label = options.theme.heading(nameOf(column)) + ' '.repeat(indent - stringWidth(nameOf(column)));
      const lines = cellLines(attributeOf(item, column.name), column, options.terminal);
      const text = lines.join(`\n${' '.repeat(indent)}`);
      await options.sink.write(`${label}${text}\n`);
    }
  },
};

function columnsOf(listing: Listing, sample: readonly Item[]): readonly Column[] {
  const shown = listing.columns.filter(({ aside }) => !aside);
  if (!listing.open) return shown;
  const known = new Set(listing.columns.map(({ name }) => name));
  const present = new Set(sample.flatMap((item) => Object.keys(item)));
  const others = [...present].filter((name) => !known.has(name)).sort();
  return [...shown.filter(({ name }) => present.has(name)), ...others.map((name) => ({ name }))];
}

class Grid {
  private readonly columns: readonly Column[];
  private readonly options: OutputOptions;
  private readonly widths: number[];
  private readonly right: boolean[];

  constructor(columns: readonly Column[], sample: readonly Item[], options: OutputOptions) {
    this.options = options;
    this.columns = columns = withoutOptional(columns, sample, options);
    this.right = columns.map((column) => sample.some((item) => isRightAligned(attributeOf(item, column.name), column)));
    const natural = naturalWidths(columns, sample, options);
    this.widths =
      options.width === undefined ? natural : fit(natural, columns.map(isElastic), options.width - GAP * (columns.length - 1));
  }

  header(): string {
    const names = this.columns.map((column, index) => within(nameOf(column), this.widths[index]!).shown);
    return this.render([names.map((name) => this.options.theme.heading(name))]);
  }

  lines(items: readonly Item[]): string {
    const rows = items.map((item) => this.columns.map((column) => textIn(item, column, this.options)));
    if (rows.length > SAMPLE) return rows.map((row) => this.line(row)).join('');
    // cut here, because cli-table3 cuts between the halves of a character
    return this.render(rows.map((row) => row.map((cell, index) => within(cell, this.widths[index]!).shown)));
  }

  /** What `render` makes of a row, a hundred times as fast: for the many rows that nobody reads on a screen. */
  private line(cells: readonly string[]): string {
    let text = '';
    for (const [index, cell] of cells.entries()) {
      const { shown, width } = within(cell, this.widths[index]!);
      const blanks = ' '.repeat(this.widths[index]! - width);
      text += (index === 0 ? '' : BORDERLESS.middle) + (this.right[index] ? blanks + shown : shown + blanks);
    }
    let end = text.length;
    while (end > 0 && text.charCodeAt(end - 1) === 0x20) end -= 1;
    return `${text.slice(0, end)}\n`;
  }

  private render(rows: string[][]): string {
    if (rows.length === 0) return '';
    const grid = new Table({
      chars: BORDERLESS,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
      colWidths: this.widths,
      colAligns: this.right.map((right) => (right ? 'right' : 'left')),
    });
    grid.push(...rows);
    return `${grid.toString().replace(/ +$/gm, '')}\n`;
  }
}

/** Attribute names come from the table like any other text. */
function nameOf({ name, label = name }: Column): string {
  return escapeControls(label);
}

function textIn(item: Item, column: Column, { terminal }: OutputOptions): string {
  return cellText(attributeOf(item, column.name), column, terminal);
}

/** Latin, Greek and Cyrillic letters: each as wide as it is long, told a hundred times as fast as a width is measured. */
const NARROW = /^[\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0482\u048a-\u052f]*$/;

/** A cell cut to a width, and the width that it then has. */
function within(cell: string, width: number): { shown: string; width: number } {
  if (NARROW.test(cell)) {
    return cell.length <= width ? { shown: cell, width: cell.length } : { shown: `${cell.slice(0, width - 1)}…`, width };
  }
  const full = stringWidth(cell);
  if (full <= width) return { shown: cell, width: full };
  let shown = '';
  let taken = 0;
  for (const { segment } of GRAPHEMES.segment(cell)) {
    const more = stringWidth(segment);
    if (taken + more > width - 1) break;
    shown += segment;
    taken += more;
  }
  return { shown: `${shown}…`, width: taken + 1 };
}

const GRAPHEMES = new Intl.Segmenter();

function naturalWidths(columns: readonly Column[], sample: readonly Item[], options: OutputOptions): number[] {
  return columns.map((column) =>
    sample.reduce((width, item) => Math.max(width, stringWidth(textIn(item, column, options))), stringWidth(nameOf(column))),
  );
}

/** Drops optional columns, the last one first, until the others have the room that they need. */
function withoutOptional(columns: readonly Column[], sample: readonly Item[], options: OutputOptions): readonly Column[] {
  if (options.width === undefined) return columns;
  const kept = [...columns];
  const needed = () => naturalWidths(kept, sample, options).reduce((sum, width) => sum + width + GAP, -GAP);
  while (needed() > options.width) {
    const last = kept.findLastIndex(({ optional }) => optional);
    if (last < 0) break;
    kept.splice(last, 1);
  }
  return kept;
}

/** Half a time or a number says nothing; text that is cut still tells which it is. */
function isElastic({ kind }: Column): boolean {
  return kind === undefined || kind === 'tree' || kind === 'payload' || kind === 'names' || kind === 'counts';
}

/** Takes the room that is too much from the widest columns, from times and the like only when nothing else is left. */
function fit(natural: readonly number[], elastic: readonly boolean[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest =
      widestOf(widths, elastic) ??
      widestOf(
        widths,
        elastic.map((each) => !each),
      );
    if (widest === undefined) break;
    widths[widest]! -= 1;
    excess -= 1;
  }
  return widths;
}

function widestOf(widths: readonly number[], among: readonly boolean[]): number | undefined {
  const candidates = widths.map((width, index) => (among[index] ? width : 0));
  const widest = Math.max(...candidates);
  return widest > MIN_WIDTH ? candidates.indexOf(widest) : undefined;
}
