import type { Format, OutputOptions } from '../document.ts';
import { escapeJsonForTerminal } from '../escape.ts';
import { plainWriter, typedWriter, type ItemWriter } from '../../domain/json/item-json.ts';

function put(text: string, options: OutputOptions): Promise<void> {
  return options.sink.write(options.terminal ? escapeJsonForTerminal(text) : text);
}

/** Characters that are written at once: the text of a whole page would stand in memory three times. */
const PART = 1 << 16;

/** A format that writes one document a line. */
function lineFormat(name: string, writer: (order: readonly string[]) => ItemWriter): Format {
  return {
    name,
    async list(listing, options) {
      const write = writer(listing.columns.map((column) => column.name));
      for await (const block of listing.items) {
        let text = '';
        for (const item of block) {
          text += `${write(item)}\n`;
          if (text.length < PART) continue;
          await put(text, options);
          text = '';
        }
        await put(text, options);
      }
    },
    async object(item, columns, options) {
      await put(`${writer(columns.map((column) => column.name))(item)}\n`, options);
    },
  };
}

/** One plain JSON object a line. */
export const jsonl = lineFormat('jsonl', plainWriter);

/** The lossless one: `{"Item":{...}}` with typed values, as DynamoDB's own export writes. */
export const ddbJson = lineFormat('ddb-json', (order) => {
  const write = typedWriter(order);
  return (item) => `{"Item":${write(item)}}`;
});
