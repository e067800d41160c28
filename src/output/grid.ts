import { createHash } from 'node:crypto';
import Table from 'cli-table3';
import { GAP, type Placed } from './layout.ts';
import { folded, isNarrow, shortened, textWidth } from './shorten.ts';

export type Cell = { text: string; paint?: ((text: string) => string) | undefined };

/** A cell in its column. */
type PlacedCell = Cell & { place: Placed };

/** A row of which nothing is left out is its own line. */
const AS_IT_IS = '';

/** Columns stand apart by two blanks and nothing else. */
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

/** So many lines are remembered to tell apart what would look alike. */
const REMEMBERED = 20_000;

/** Rows one a line. No line is wider than the columns together, and rows that differ never look alike. */
export class Grid {
  private readonly placed: readonly Placed[];
  private readonly limited: boolean;
  /** Lines by what they look like, and which row each stands for. */
  private readonly seen = new Map<string, string>();

  /** `limited`: there is only so much room; otherwise what is too long stands out of its column. */
  constructor(placed: readonly Placed[], limited: boolean) {
    this.placed = placed;
    this.limited = limited;
  }

  header(headings: readonly string[], paint: (text: string) => string): string {
    const cells = this.placed.map((place): PlacedCell => {
      const { index, width } = place;
      const heading = headings[index] ?? '';
      return { place, text: this.limited ? shortened(heading, width, width) : heading, paint };
    });
    return `${this.line(cells)}\n`;
  }

  /** The first rows, as a whole. */
  draw(rows: readonly (readonly Cell[])[]): string {
    if (rows.length === 0) return '';
    const table = new Table({
      chars: BORDERLESS,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
      colWidths: this.placed.map(({ width }) => width),
      colAligns: this.placed.map(({ right }) => (right ? 'right' : 'left')),
    });
    const lines = rows.flatMap((cells) => this.linesOf(cells));
    // cli-table3 goes by older widths of emoji than terminals do
    if (!lines.flat().every(({ text }) => isNarrow(text))) return lines.map((line) => `${this.line(line)}\n`).join('');
    for (const line of lines) {
      table.push(line.map(({ text, paint }) => (paint && text !== '' ? paint(text) : text)));
    }
    return `${table.toString().replace(/ +$/gm, '')}\n`;
  }

  /** What `draw` makes of a row, a hundred times as fast: for the many rows that nobody reads on a screen. */
  row(cells: readonly Cell[]): string {
    return this.linesOf(cells)
      .map((line) => `${this.line(line)}\n`)
      .join('');
  }

  /** A row, nearly always one line. Its cells come in the order of all columns, shown or not. */
  private linesOf(cells: readonly Cell[]): PlacedCell[][] {
    const shown = this.placed.map((place): PlacedCell => ({ place, text: '', ...cells[place.index] }));
    if (!this.limited) return [shown];
    let whole: string | undefined;
    for (const part of [undefined, 0, 0.25, 0.5, 0.75, 1]) {
      const tried = this.shorten(shown, ({ head, width }) => (part === undefined ? head : Math.floor((width - 1) * part)));
      const look = this.line(tried.map(({ place, text }) => ({ place, text })));
      whole ??= tried.every(({ text }, at) => text === shown[at]?.text) ? AS_IT_IS : identity(shown);
      const known = this.seen.get(look);
      if (known !== undefined && known !== whole) continue;
      if (this.seen.size >= REMEMBERED) this.seen.clear();
      this.seen.set(look, whole);
      return [tried];
    }
    return this.folded(shown);
  }

  private shorten(cells: readonly PlacedCell[], headOf: (placed: Placed) => number): PlacedCell[] {
    return cells.map(({ place, text, paint }) => ({ place, text: shortened(text, place.width, headOf(place)), paint }));
  }

  /** A row with nothing left out: what does not fit into a column goes on below. */
  private folded(cells: readonly PlacedCell[]): PlacedCell[][] {
    const whole = cells.every(({ place, text }) => textWidth(text) <= place.width);
    // one that fits as it is looks like another that was shortened to it: on two lines it does not
    const part = whole ? 2 : 1;
    const columns = cells.map((cell) => ({ cell, parts: folded(cell.text, Math.ceil(cell.place.width / part)) }));
    const height = Math.max(...columns.map(({ parts }) => parts.length));
    return Array.from({ length: height }, (_, line) => columns.map(({ cell, parts }) => ({ ...cell, text: parts[line] ?? '' })));
  }

  private line(cells: readonly PlacedCell[]): string {
    let line = '';
    let blanks = '';
    for (const { place, text, paint } of cells) {
      const { width, right } = place;
      const rest = ' '.repeat(Math.max(0, width - textWidth(text)));
      const before = blanks + (right ? rest : '');
      const trimmed = withoutBlanks(text);
      if (trimmed !== '') {
        line += before + (paint ? paint(trimmed) : trimmed);
        blanks = '';
      } else {
        blanks = before;
      }
      blanks += ' '.repeat(text.length - trimmed.length) + (right ? '' : rest) + ' '.repeat(GAP);
    }
    return line;
  }
}

function withoutBlanks(text: string): string {
  return text.replace(/ +$/, '');
}

/** Stands for the whole texts of a row without keeping them: a payload may be large. */
function identity(cells: readonly Cell[]): string {
  const hash = createHash('sha1');
  for (const { text } of cells) hash.update(withoutBlanks(text)).update('\0');
  return hash.digest('base64');
}
