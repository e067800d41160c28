import type { Line } from '../files/lines.ts';

/** A live input is looked at so often, and its events wait so long for a fuller window, in milliseconds. */
export const IDLE_AFTER = 1_000;

/**
 * The blocks of an input, one read ahead. `idle` is for a live one (a pipe): it runs before each block and whenever none has
 * come for a while, so that events do not wait for a full window. Ends at once when the run is to stop.
 */
export async function* blocksOf(
  blocks: AsyncGenerator<readonly Line[]>,
  stop: AbortSignal,
  idle: (() => Promise<void>) | undefined,
): AsyncGenerator<readonly Line[]> {
  let next = blocks.next();
  try {
    for (;;) {
      const done = new AbortController();
      const result = await Promise.race([next, pause(IDLE_AFTER, done.signal), stopped(stop, done.signal)]);
      done.abort();
      stop.throwIfAborted();
      await idle?.();
      if (result === undefined) continue;
      if (result.done) return;
      next = blocks.next();
      // a failure is met when the block is asked for
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await blocks.return(undefined).catch(() => undefined);
  }
}

function pause(millis: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), millis);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

function stopped(stop: AbortSignal, done: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    stop.addEventListener('abort', () => resolve(undefined), { signal: done });
  });
}
