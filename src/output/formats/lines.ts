import type { Item } from '../../domain/item.ts';
import type { Format, OutputOptions } from '../document.ts';
import { escapeJsonForTerminal } from '../escape.ts';
import { itemJson, plainJson, typedJson } from '../plain-json.ts';

function put(text: string, options: OutputOptions): Promise<void> {
  return options.sink.write(options.terminal ? escapeJsonForTerminal(text) : text);
}

/** A format that writes one document a line. */
function lineFormat(name: string, write: (item: Item, order: readonly string[]) => string): Format {
  return {
    name,
    async list(listing, options) {
      const order = listing.columns.map((column) => column.name);
      for await (const block of listing.rows) {
        let text = '';
        for (const item of block) text += `${write(item, order)}\n`;
        await put(text, options);
      }
    },
    async object(item, columns, options) {
      const order = columns.map((column) => column.name);
      await put(`${write(item, order)}\n`, options);
    },
  };
}

/** One plain JSON object a line. */
export const jsonl = lineFormat('jsonl', (item, order) => itemJson(item, order, plainJson));

/** The lossless one: `{"Item":{...}}` with typed values, as DynamoDB's own export writes. */
export const ddbJson = lineFormat('ddb-json', (item, order) => `{"Item":${itemJson(item, order, typedJson)}}`);
