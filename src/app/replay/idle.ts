/** So long an event of a live input waits for a fuller window at the most, in milliseconds, and so long it is silent before it is idle. */
export const IDLE_MS = 1_000;

/** The values of a source, and `idle` in between whenever none has come for so many milliseconds. */
export async function* withIdle<T>(source: AsyncGenerator<T>, idleMs: number): AsyncGenerator<T | 'idle'> {
  let next = source.next();
  for (;;) {
    const result = await within(next, idleMs);
    if (result === undefined) {
      yield 'idle';
      continue;
    }
    if (result.done) return;
    next = source.next();
    // a failure is met when the value is asked for
    next.catch(() => undefined);
    yield result.value;
  }
}

/** The value of a promise, or undefined when it takes longer. */
async function within<T>(promise: Promise<T>, millis: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
