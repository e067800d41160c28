/**
 * The values of a source, the next one already under way while the last one is worked on. `demand.waiting` is true while the
 * consumer has nothing to do: a source that collects what comes need not collect any longer then.
 */
export async function* readAhead<T>(source: AsyncGenerator<T>, demand: { waiting: boolean }): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (;;) {
      demand.waiting = true;
      const result = await next;
      demand.waiting = false;
      if (result.done) return;
      next = source.next();
      // a failure is met when the value is asked for
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await source.return(undefined).catch(() => undefined);
  }
}
