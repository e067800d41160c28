import type { Format, OutputOptions } from '../document.ts';
import { escapeJsonForTerminal } from '../escape.ts';
import { plainWriter } from '../../domain/json/item-json.ts';
import { itemJson, plainJson } from '../../domain/json/plain-json.ts';

/** One JSON document: `{"items":[...],"count":n}` with the totals after it, or the members of one object. Streamed. */
export const json: Format = {
  name: 'json',
  async list(listing, options) {
    const order = listing.columns.map(({ name }) => name);
    let count = 0;
    await options.sink.write('{"items":[');
    const write = plainWriter(order);
    for await (const block of listing.items) {
      let text = '';
      for (const item of block) {
        text += `${count === 0 ? '' : ','}\n${write(item)}`;
        count += 1;
      }
      await put(options, text);
    }
    const totals = { count: { N: String(count) }, ...listing.totals?.() };
    const members = itemJson(totals, Object.keys(totals), plainJson).slice(1);
    await options.sink.write(`${count === 0 ? '' : '\n'}],${members}\n`);
  },
  async object(item, columns, options) {
    const order = columns.map(({ name }) => name);
    await put(options, `${itemJson(item, order, plainJson)}\n`);
  },
};

function put(options: OutputOptions, text: string): Promise<void> {
  return options.sink.write(options.terminal ? escapeJsonForTerminal(text) : text);
}
