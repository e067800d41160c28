import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { readInput, type InputFile } from './input.ts';

/** An item may have 400 KB; typed, escaped and twice over, as the images of a change are, it is longer. In bytes. */
const MAX_LINE = 32 << 20;

/**
 * A line of a data file; `text` is undefined where it is too long, or not UTF-8. `number` counts from 1, `offset` and `end` count
 * unpacked bytes. `unterminated` is the last one without a line feed.
 */
export type DataLine = { number: number; offset: number; end: number; text: string | undefined; unterminated?: true };

/** The lines of a data file, in blocks; a gzipped one is unpacked. Blank lines are left out. */
export function dataLines(path: string, signal?: AbortSignal): AsyncGenerator<DataLine[]> {
  return linesOfInput({ name: path, path }, signal);
}

/** The same of any input; `stdin` stands for one without a path. */
export async function* linesOfInput(input: InputFile, signal?: AbortSignal, stdin?: Readable): AsyncGenerator<DataLine[]> {
  const { records } = readInput(input, { maxLine: MAX_LINE, framing: 'lines', ...(stdin === undefined ? {} : { stdin }) });
  for await (const lines of records) {
    signal?.throwIfAborted();
    yield lines.map(({ number, offset, end, text, bytes, tooLong, unterminated }) => ({
      number,
      offset,
      end,
      text: tooLong === undefined ? (text ?? (isUtf8(bytes) ? bytes.toString('utf8') : undefined)) : undefined,
      ...(unterminated === undefined ? {} : { unterminated }),
    }));
  }
}
