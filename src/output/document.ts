import type { Item } from '../domain/item.ts';
import type { Sink } from './sink.ts';
import type { Theme } from './theme.ts';

/** How a person reads a column; machine formats take the value as it is. */
export type Column = {
  name: string;
  /** Heading for people; the name when left out. */
  label?: string;
  kind?: 'time' | 'ago' | 'bytes' | 'counts' | 'age' | 'share' | 'bar' | 'tree' | 'payload' | 'names';
  /** Value of a full bar. */
  max?: number;
  /** What time it is for `ago`, in Unix milliseconds. */
  now?: number;
  /** Left out of a table for people when the terminal is too narrow. */
  optional?: boolean;
  /** Left out of tables for people unless --wide or --fields asks for it. */
  aside?: boolean;
  /** Texts that are coloured, by what they mean; `*` stands for every other one. */
  tones?: Readonly<Record<string, Tone>>;
};

export type Tone = 'good' | 'warn' | 'bad';

/** A part of a report for people: a heading, then a table or lines. */
export type Section = { heading: string } & (
  { columns: readonly Column[]; rows: readonly Item[] } | { lines: readonly string[] }
);

/** Many items. They come in blocks, so that a whole page is one step of the stream. */
export type Listing = {
  columns: readonly Column[];
  /** True when items may have attributes beside the columns. */
  open?: boolean;
  items: AsyncIterable<readonly Item[]>;
  /** Further members of the JSON document, asked for after the last item. */
  totals?(): Item;
  /** Said on stderr when there is none. */
  whenEmpty?: string;
};

export type OutputOptions = {
  sink: Sink;
  theme: Theme;
  /** True when stdout is a terminal: then nothing may act on it. */
  terminal: boolean;
  /** Columns of the terminal; undefined where there is none, or --wide, and lines may be of any length. */
  width: number | undefined;
  /** Shows the columns that are otherwise left out. */
  wide?: boolean;
  /** One attribute a line (true) or one row a line (false); a terminal shows a single item in lines where this is left out. */
  vertical?: boolean | undefined;
  header: boolean;
  /** Leaves spreadsheet formulas in CSV cells as they are. */
  csvRaw: boolean;
  /** Talk to the person on stderr. */
  note(sentence: string): void;
};

/** One way to write items. One file each, one line in the registry. */
export type Format = {
  name: string;
  list(listing: Listing, options: OutputOptions): Promise<void>;
  /** One thing with named members. */
  object(item: Item, columns: readonly Column[], options: OutputOptions): Promise<void>;
};
