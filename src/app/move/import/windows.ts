import type { ImportSource } from './source.ts';
import { ImportWindow, type Place, type WindowOptions } from './window.ts';

export const BEGINNING: Place = { part: 0, lines: 0 };

/** The lines of a source from a place on, in windows. What an earlier run has dealt with is read again and passed over. */
export async function* windows(
  { parts }: Pick<ImportSource, 'parts'>,
  from: Place,
  { signal, ...options }: WindowOptions & { signal: AbortSignal },
): AsyncGenerator<ImportWindow> {
  let window = new ImportWindow(from, options);
  for (const [part, source] of parts.entries()) {
    if (part < from.part) continue;
    let lines = 0;
    for await (const block of source.entries(signal)) {
      for (const entry of block) {
        lines += 1;
        if (part === from.part && lines <= from.lines) continue;
        if (!window.add(entry, source.name)) {
          yield window;
          window = new ImportWindow(window.end, options);
          window.add(entry, source.name);
        }
        window.end = { part, lines };
        if (!window.isFull) continue;
        yield window;
        window = new ImportWindow(window.end, options);
      }
    }
  }
  yield window;
}
