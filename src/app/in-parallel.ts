/** Calls under way at a time. */
const CONCURRENCY = 8;

/**
 * Does something with each, several at a time; resolves with the results in the order of `all`. After a stop, or the first that
 * fails, no other is begun, and the error is thrown when none is under way any more.
 */
export async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>, signal: AbortSignal): Promise<R[]> {
  const results: R[] = [];
  // unlike an array's own iterator, a generator ends for everyone when one loop over it is left
  const rest = (function* () {
    yield* all.entries();
  })();
  const worker = async () => {
    for (const [index, one] of rest) {
      signal.throwIfAborted();
      results[index] = await work(one);
    }
  };
  const workers = Array.from({ length: Math.min(CONCURRENCY, all.length) }, worker);
  try {
    await Promise.all(workers);
  } finally {
    await Promise.allSettled(workers);
  }
  return results;
}
