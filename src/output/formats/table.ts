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
    const known = columns.filter(({ name }) => Object.hasOwn(item, name));
    const others = Object.keys(item).filter((name) => !known.some((column) => column.name === name));
    const all: Column[] = [...known, ...others.sort().map((name) => ({ name }))];
    const indent = Math.max(...all.map(({ name }) => stringWidth(name))) + GAP;
    for (const column of all) {
      const label = options.theme.heading(column.name) + ' '.repeat(indent - stringWidth(column.name));
      const text = cellLines(item[column.name], column).join(`\n${' '.repeat(indent)}`);
      await options.sink.write(`${label}${text}\n`);
    }
  },
};

function columnsOf(listing: Listing, sample: readonly Item[]): readonly Column[] {
  if (!listing.open) return listing.columns;
  const known = new Set(listing.columns.map(({ name }) => name));
  const present = new Set(sample.flatMap((item) => Object.keys(item)));
  const others = [...present].filter((name) => !known.has(name)).sort();
  return [...listing.columns.filter(({ name }) => present.has(name)), ...others.map((name) => ({ name }))];
}

class Grid {
  private readonly columns: readonly Column[];
  private readonly options: OutputOptions;
  private readonly widths: number[];
  private readonly right: boolean[];

  constructor(columns: readonly Column[], sample: readonly Item[], options: OutputOptions) {
    this.columns = columns;
    this.options = options;
    this.right = columns.map((column) => sample.some((item) => isRightAligned(item[column.name], column)));
    const natural = columns.map((column) =>
      Math.max(stringWidth(column.name), ...sample.map((item) => stringWidth(cellText(item[column.name], column)))),
    );
    this.widths = options.width === undefined ? natural : fit(natural, options.width - GAP * (columns.length - 1));
  }

  header(): string {
    return this.render([this.columns.map(({ name }) => this.options.theme.heading(name))]);
  }

  lines(items: readonly Item[]): string {
    return this.render(items.map((item) => this.columns.map((column) => cellText(item[column.name], column))));
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

/** Takes the room that is too much from the widest columns. */
function fit(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= MIN_WIDTH) break;
    widths[widest]! -= 1;
    excess -= 1;
  }
  return widths;
}
