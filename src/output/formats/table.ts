import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Item } from '../../domain/item.ts';
import { cellLines, cellText, isRightAligned } from '../cell.ts';
import type { Column, Format, Listing, OutputOptions } from '../document.ts';

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
    const indent = Math.max(...all.map(({ name }) => stringWidth(name))) + GAP;
    for (const column of all) {
      const label = options.theme.heading(column.name) + ' '.repeat(indent - stringWidth(column.name));
      const text = cellLines(item[column.name], column, options.terminal).join(`\n${' '.repeat(indent)}`);
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
    this.right = columns.map((column) => sample.some((item) => isRightAligned(item[column.name], column)));
    const natural = naturalWidths(columns, sample, options);
    this.widths =
      options.width === undefined ? natural : fit(natural, columns.map(isElastic), options.width - GAP * (columns.length - 1));
  }

  header(): string {
    return this.render([this.columns.map(({ name, label = name }) => this.options.theme.heading(label))]);
  }

  lines(items: readonly Item[]): string {
    return this.render(
      items.map((item) => this.columns.map((column) => cellText(item[column.name], column, this.options.terminal))),
    );
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

function naturalWidths(columns: readonly Column[], sample: readonly Item[], { terminal }: OutputOptions): number[] {
  return columns.map((column) => {
    const cells = sample.map((item) => stringWidth(cellText(item[column.name], column, terminal)));
    return Math.max(stringWidth(column.label ?? column.name), ...cells);
  });
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
