import { Writable } from 'node:stream';
import type { Item } from '../../src/domain/item.ts';
import type { Format, Listing, OutputOptions } from '../../src/output/document.ts';
import { blocks } from '../../src/output/items.ts';
import { Sink } from '../../src/output/sink.ts';
import { makeTheme } from '../../src/output/theme.ts';

type Printing = Partial<Pick<OutputOptions, 'terminal' | 'width' | 'header' | 'csvRaw' | 'wide' | 'vertical'>>;

/** The output of a format, and its notices. */
export async function printed(
  format: Format,
  what: Partial<Omit<Listing, 'items'>> & { items: readonly Item[] | Listing['items'] },
  options: Printing = {},
) {
  const { items, ...listing } = what;
  return run(options, (output) =>
    format.list({ columns: [], items: Symbol.asyncIterator in items ? items : blocks(items), ...listing }, output),
  );
}

export async function printedObject(format: Format, item: Item, names: readonly string[] = [], options: Printing = {}) {
  return run(options, (output) =>
    format.object(
      item,
      names.map((name) => ({ name })),
      output,
    ),
  );
}

async function run(
  options: Printing,
  write: (output: OutputOptions) => Promise<void>,
): Promise<{ text: string; notes: string[] }> {
  const parts: string[] = [];
  const notes: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString());
      done();
    },
  });
  const sink = new Sink(stream);
  const defaults = { terminal: false, width: undefined, header: true, csvRaw: false };
  await write({ sink, theme: await makeTheme(false, {}), note: (sentence) => notes.push(sentence), ...defaults, ...options });
  await sink.flush();
  return { text: parts.join(''), notes };
}
