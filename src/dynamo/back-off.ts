import { setTimeout as delay } from 'node:timers/promises';

/** Full jitter: a random part of a limit that doubles with every fault in a row, in milliseconds. */
export function backOff(base: number, faults: number, longest: number): number {
  return Math.random() * Math.min(longest, base * 2 ** Math.min(faults, 10));
}

/** Waits; an aborted signal ends the wait and is thrown with its own reason. In milliseconds. */
export async function pause(millis: number, signal?: AbortSignal): Promise<void> {
  if (millis > 0) await delay(millis, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}
