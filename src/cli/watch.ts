import { setTimeout as delay } from 'node:timers/promises';
import { frame, START_DRAWING, STOP_DRAWING } from '../output/redraw.ts';
import type { Sink } from '../output/sink.ts';
import type { Io } from './io.ts';

/** Draws over and over in place until the program is asked to stop; the terminal is left as it was found. */
export async function watch(
  { io, sink, signal }: { io: Io; sink: Sink; signal: AbortSignal },
  everyMs: number,
  draw: () => Promise<string>,
): Promise<void> {
  const write = async (text: string) => {
    await sink.write(text);
    await sink.flush();
  };
  let started = false;
  try {
    for (;;) {
      const text = await draw();
      await write(`${started ? '' : START_DRAWING}${frame(text, io.stdout.rows)}`);
      started = true;
      await delay(everyMs, undefined, { signal });
    }
  } finally {
    if (started) await write(STOP_DRAWING);
  }
}
