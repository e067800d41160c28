/** Full jitter: a random part of a limit that doubles with every fault in a row, in milliseconds. */
export function backOff(base: number, faults: number, longest: number): number {
  return Math.random() * Math.min(longest, base * 2 ** Math.min(faults, 10));
}

/** Waits so many milliseconds; an aborted signal ends the wait and is thrown with its own reason. */
export async function pause(millis: number, signal?: AbortSignal): Promise<void> {
  if (millis > 0 && !signal?.aborted) {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, millis);
      signal?.addEventListener('abort', end);
    });
  }
  signal?.throwIfAborted();
}
