import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** A pipe from which nothing has come for so long is taken to be empty, in milliseconds. */
const QUIET_MS = 100;
/** A writer that does not stop is not followed for longer, in milliseconds. */
const DRAIN_MS = 1_000;

/** The chunks of a pipe until its end, or after a stop until it is empty: what was written to it by then is not lost. */
export async function* untilStopped(pipe: Readable, stop: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = pipe[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let next = chunks.next();
  let drainedBy = Infinity;
  for (;;) {
    // the stop is seen even while nothing comes; from then on a short silence is the end
    const silence = stop.aborted ? delay(QUIET_MS, undefined) : stopped;
    const result: IteratorResult<Buffer> | undefined = await Promise.race([next, silence]);
    if (stop.aborted && drainedBy === Infinity) drainedBy = performance.now() + DRAIN_MS;
    else if (result === undefined) break;
    if (result === undefined) continue;
    if (result.done) return;
    next = chunks.next();
    yield result.value;
    if (performance.now() > drainedBy) break;
  }
  // the read that is still waiting ends with the pipe
  next.catch(() => undefined);
  pipe.destroy();
}
