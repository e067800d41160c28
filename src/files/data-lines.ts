import { isUtf8 } from 'node:buffer';
import { readInput } from './input.ts';

/** An item may have 400 KB; typed, escaped and twice over, as the images of a change are, it is longer. In bytes. */
const MAX_LINE = 32 << 20;

/** A line of a data file; `text` is undefined where it is too long, or not UTF-8. `number` counts from 1. */
export type DataLine = { number: number; text: string | undefined };

/** The lines of a data file, in blocks; a gzipped one is unpacked. Blank lines are left out. */
export async function* dataLines(path: string, signal?: AbortSignal): AsyncGenerator<DataLine[]> {
  const { records } = readInput({ name: path, path }, { maxLine: MAX_LINE, framing: 'lines' });
  for await (const lines of records) {
    signal?.throwIfAborted();
    yield lines.map(({ number, text, bytes, tooLong }) => ({
      number,
      text: tooLong === undefined ? (text ?? (isUtf8(bytes) ? bytes.toString('utf8') : undefined)) : undefined,
    }));
  }
}
