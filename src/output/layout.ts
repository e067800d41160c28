import type { Column } from './document.ts';
import { bestHead, tellingWidth, textWidth, type Kept } from './shorten.ts';

export const GAP = 2;
const MIN_WIDTH = 6;
const MAX_HEADING = 12;
/** Text is readable from so many columns on; optional columns are only shown when every other one has as much. */
const READABLE = 24;

/** A column in its place. `head`: so much of the start of a text is kept when it is shortened. */
export type Placed = { column: Column; index: number; width: number; right: boolean; head: number };

/** A column that had to give way; `constant` is the text that every row has there. */
export type Hidden = { name: string; constant: string | undefined };

export type Layout = { placed: Placed[]; hidden: Hidden[] };

/** What the layout is decided from: the columns of a table and, one list a column, the texts of its first rows. */
export type Texts = { columns: readonly Column[]; headings: readonly string[]; texts: readonly (readonly string[])[] };

type Candidate = Placed & { heading: string; texts: readonly string[]; natural: number };

/**
 * Columns and their widths for a terminal of so many columns. Where there is too little room, columns in which every row has the
 * same go first, then optional ones; then texts are shortened, as far as the rows can still be told apart, and columns that hold
 * two values at the most go, too. What the first column tells goes last. Undefined when even that is too wide for one row a line.
 */
export function layOut(
  { columns, headings, texts }: Texts,
  right: readonly boolean[],
  width: number | undefined,
): Layout | undefined {
  const all = columns.map((column, index): Candidate => {
    const [heading = '', own = []] = [headings[index], texts[index]];
    const natural = own.reduce((most, text) => Math.max(most, textWidth(text)), textWidth(heading));
    return {
      column,
      index,
      right: right[index] === true,
      head: 0,
      width: natural,
      natural,
      heading,
      texts: own,
    };
  });
  if (width === undefined) return { placed: all, hidden: [] };
  const { kept, hidden } = withRoom(all, width);
  const telling = tellingFloors(kept, 0);
  const wanted = tellingFloors(kept, FIRST);
  let fits = shrink(kept, width, wanted);
  for (let least = tellsLeast(kept); !fits && least !== undefined; least = tellsLeast(kept)) {
    hidden.push({ name: least.heading, constant: undefined });
    kept.splice(kept.indexOf(least), 1);
    fits = shrink(kept, width, wanted);
  }
  const first = new Map([...telling].filter(([{ index }]) => index === 0));
  fits ||= [telling, first, new Map()].some((floors) => shrink(kept, width, floors));
  if (!fits) return undefined;
  for (const each of kept) each.head = bestHead(each.texts, each.width, keptOf(each.column));
  return { placed: kept, hidden };
}

/** Takes columns away until the others have room, or none is left that could go. */
function withRoom(all: readonly Candidate[], width: number): { kept: Candidate[]; hidden: Hidden[] } {
  const kept = [...all];
  const hidden: Hidden[] = [];
  const hide = (at: number, constant?: string) => {
    for (const { heading: name } of kept.splice(at, 1)) hidden.push({ name, constant });
  };
  while (total(kept, ({ natural }) => natural) > width && kept.length > 1) {
    const constants = kept.filter(({ texts }) => texts.length > 1 && texts.every((text) => text === texts[0]));
    if (constants.length === 0) break;
    const excess = total(kept, ({ natural }) => natural) - width;
    const enough = constants.filter(({ natural }) => natural + GAP >= excess);
    const goes =
      enough.length > 0
        ? enough.reduce((a, b) => (b.natural < a.natural ? b : a))
        : constants.reduce((a, b) => (b.natural > a.natural ? b : a));
    hide(kept.indexOf(goes), goes.texts[0]);
  }
  while (total(kept, readable) > width) {
    const last = kept.findLastIndex(({ column }) => column.optional);
    if (last < 0 || kept.length === 1) break;
    hide(last);
  }
  return { kept, hidden };
}

function readable({ column, natural }: Candidate): number {
  return isElastic(column) ? Math.min(natural, READABLE) : natural;
}

function total(columns: readonly Candidate[], size: (column: Candidate) => number): number {
  return columns.reduce((sum, column) => sum + size(column) + GAP, -GAP);
}

/** So much of the first column is kept as long as others can give way: it says which row it is. */
const FIRST = 16;

/** The widths to which texts may be shortened without rows looking alike: the first column at least to so much, coloured ones not at all. */
function tellingFloors(columns: readonly Candidate[], least: number): Map<Candidate, number> {
  const able = columns.filter(({ column }) => isElastic(column) && !isPayload(column));
  return new Map(
    able.map((each) => {
      const telling = each.column.tones ? each.natural : (tellingWidth(each.texts, keptOf(each.column)) ?? smallest(each));
      return [each, Math.min(each.natural, Math.max(telling, smallest(each), each.index === 0 ? least : 0))];
    }),
  );
}

/** Of many rows the last column that has hardly more than one value; never the first, nor one whose values are coloured. */
function tellsLeast(columns: readonly Candidate[]): Candidate | undefined {
  const able = columns.filter(({ index, texts, column }) => {
    return index > 0 && texts.length >= FEW_ROWS && column.tones === undefined && new Set(texts).size <= FEW_VALUES;
  });
  return columns.length > 2 ? able.at(-1) : undefined;
}

const FEW_ROWS = 4;
const FEW_VALUES = 2;

/** Shortens texts, the widest first, to their floors at most, until the row fits. False when it does not. */
function shrink(columns: readonly Candidate[], width: number, floors: ReadonlyMap<Candidate, number>): boolean {
  for (const each of columns) each.width = each.natural;
  const floorOf = (each: Candidate) => floors.get(each) ?? smallest(each);
  for (let excess = total(columns, (each) => each.width) - width; excess > 0; excess -= 1) {
    const able = columns.filter((each) => isElastic(each.column) && each.width > floorOf(each));
    if (able.length === 0) return false;
    able.reduce((a, b) => (b.width > a.width ? b : a)).width -= 1;
  }
  return true;
}

/** A heading stays whole unless it is a long one. */
function smallest({ natural, heading }: Candidate): number {
  return Math.min(natural, Math.max(MIN_WIDTH, Math.min(textWidth(heading), MAX_HEADING)));
}

/** Half a time or a number says nothing; text that is shortened still tells which it is. */
function isElastic({ kind }: Column): boolean {
  return kind === undefined || kind === 'tree' || kind === 'payload' || kind === 'names' || kind === 'counts';
}

/** The last levels of a topic tell it from others; what a payload or a list is about stands at its start. */
function keptOf(column: Column): Kept {
  if (column.kind !== undefined || isPayload(column)) return 'start';
  const { name } = column;
  return name === 'topic' || name === 'filter' ? 'end' : 'any';
}

function isPayload({ name, kind }: Column): boolean {
  return kind === 'payload' || (kind === undefined && name === 'payload');
}
