import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { isoText } from '../output/cell-kinds.ts';
import { frame, START_DRAWING, STOP_DRAWING } from '../output/redraw.ts';
import type { Sink } from '../output/sink.ts';
import { durationFlag, type OutputFlags } from './flags.ts';
import type { Io } from './io.ts';

export const watchFlag = durationFlag({ helpGroup: 'OUTPUT', summary: 'draw it again in place, with such pauses; q ends it' });

const MIN_WATCH_MS = 1_000;

/** Refuses --watch where there is nothing to redraw, or what would read without a pause. */
export function requireWatchable(flags: OutputFlags & { watch?: number | undefined }, io: Io): void {
  if (flags.watch === undefined) return;
  if (flags.json || flags.format !== 'table' || io.stdout.isTTY !== true) {
    throw new MqdynError('E_USAGE', '--watch redraws a terminal; it takes neither another format nor a pipe');
  }
  if (flags.watch < MIN_WATCH_MS) throw new MqdynError('E_USAGE', '--watch takes 1s or more: every frame reads the tables');
}

/** When a frame was drawn, and how to end it. */
export function clockLine(now: number, everyMs: number): string {
  return `${isoText(new Date(now).toISOString())}, every ${everyMs / 1000}s; q quits`;
}

/** Draws over and over in place until q is typed or the program is asked to stop; the terminal is left as it was found. */
export async function watch(
  { io, sink, signal }: { io: Io; sink: Sink; signal: AbortSignal },
  everyMs: number,
  draw: () => Promise<string>,
): Promise<void> {
  const write = async (text: string) => {
    await sink.write(text);
    await sink.flush();
  };
  const quit = new AbortController();
  const forgetKeys = onKeys(io, () => quit.abort());
  const ended = new Promise<undefined>((resolve) =>
    quit.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  let started = false;
  try {
    for (;;) {
      const drawing = draw();
      // its failure is met below, unless q came first
      drawing.catch(() => undefined);
      const text = await Promise.race([drawing, ended]);
      if (text === undefined) return;
      await write(`${started ? '' : START_DRAWING}${frame(text, io.stdout.rows)}`);
      started = true;
      await delay(everyMs, undefined, { signal: AbortSignal.any([signal, quit.signal]) }).catch((error: unknown) => {
        if (!quit.signal.aborted) throw error;
      });
      if (quit.signal.aborted) return;
    }
  } finally {
    forgetKeys();
    if (started) await write(STOP_DRAWING);
  }
}

/** Reads single keys while a terminal types them. Raw mode makes no signal of Ctrl-C, so that is done here. */
function onKeys(io: Io, quit: () => void): () => void {
  const { stdin } = io;
  if (!stdin.isTTY) return () => undefined;
  const typed = (data: Buffer) => {
    const keys = data.toString('latin1');
    if (keys.includes('\u0003')) io.raise('SIGINT');
    if (/q/i.test(keys)) quit();
  };
  stdin.setRawMode?.(true);
  stdin.on('data', typed).resume();
  return () => {
    stdin.off('data', typed).pause();
    stdin.setRawMode?.(false);
  };
}
