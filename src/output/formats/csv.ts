import { attributeOf, type AttributeValue, type Item } from '../../domain/item.ts';
import type { Column, Format, OutputOptions } from '../document.ts';
import { escapeControls } from '../escape.ts';
import { plainJson } from '../../domain/json/plain-json.ts';

/** First characters that make a spreadsheet run a cell; behind apostrophes too, so that the one that is added can be taken off. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** RFC 4180, streamed. A display format: text that a spreadsheet would run gets an apostrophe in front. */
export const csv: Format = {
  name: 'csv',
  async list(listing, options) {
    let names: readonly string[] | undefined;
    const unknown = new Set<string>();
    for await (const block of listing.items) {
      if (block.length === 0) continue;
      if (names === undefined) {
        names = listing.open ? namesIn(listing.columns, block) : listing.columns.map(({ name }) => name);
        if (options.header) await options.sink.write(headerLine(names, options));
      }
      let text = '';
      for (const item of block) {
        text += line(item, names, options);
        for (const name of Object.keys(item)) if (!names.includes(name)) unknown.add(name);
      }
      await options.sink.write(text);
    }
    if (names === undefined && options.header)
      await options.sink.write(
        headerLine(
          listing.columns.map(({ name }) => name),
          options,
        ),
      );
    if (unknown.size > 0) {
      const list = [...unknown].sort().join(', ');
      options.note(`warning: attributes that came after the header was written are left out: ${list}; name them with --fields`);
    }
  },
  async object(item, columns, options) {
    const names = namesIn(columns, [item]);
    if (options.header) await options.sink.write(headerLine(names, options));
    await options.sink.write(line(item, names, options));
  },
};

function namesIn(columns: readonly Column[], items: readonly Item[]): string[] {
  const known = columns.map(({ name }) => name);
  const present = new Set(items.flatMap((item) => Object.keys(item)));
  return [...known, ...[...present].filter((name) => !known.includes(name)).sort()];
}

function headerLine(names: readonly string[], options: OutputOptions): string {
  return `${names.map((name) => textCell(name, options)).join(',')}\r\n`;
}

function line(item: Item, names: readonly string[], options: OutputOptions): string {
  return `${names.map((name) => cell(attributeOf(item, name), options)).join(',')}\r\n`;
}

function cell(value: AttributeValue | undefined, options: OutputOptions): string {
  if (value === undefined || 'NULL' in value) return '';
  if ('N' in value) return value.N;
  return textCell('S' in value ? value.S : 'B' in value ? value.B : plainJson(value), options);
}

function textCell(text: string, options: OutputOptions): string {
  const defused = !options.csvRaw && FORMULA.test(text) ? `'${text}` : text;
  const shown = options.terminal ? escapeControls(defused) : defused;
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
