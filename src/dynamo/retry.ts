import { backOff, pause } from './back-off.ts';
import type { Dynamo } from './client.ts';
import { ServiceError } from './errors.ts';

const ATTEMPTS = 4;
const BASE_PAUSE = 100;
const MAX_PAUSE = 5_000;
/** A reply that is no DynamoDB's may pass too, once the run is on its way. */
const PASSING = new Set(['transient', 'throttle', 'protocol']);

/** Tries a call again that failed for a reason that may pass, where the connection tries only once by itself. */
export async function retried<T>({ options }: Dynamo, call: () => Promise<T>): Promise<T> {
  if (options.attempts !== 1) return call();
  return retriedWhile(call, (attempt, error) => error.fault !== 'protocol' && error.code !== 'E_TIMEOUT' && attempt < ATTEMPTS);
}

/** The same in the middle of a run, which retries for so many milliseconds; an aborted signal ends it with its reason. */
export async function retriedFor<T>(retryForMs: number, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + retryForMs;
  const goOn = (attempt: number, error: ServiceError) =>
    error.fault === 'protocol' ? attempt < ATTEMPTS : performance.now() < deadline;
  return retriedWhile(call, goOn, signal);
}

async function retriedWhile<T>(
  call: () => Promise<T>,
  goOn: (attempt: number, error: ServiceError) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const passing = error instanceof ServiceError && PASSING.has(error.fault);
      if (!passing || !goOn(attempt, error)) throw error;
      await pause(backOff(BASE_PAUSE, attempt, MAX_PAUSE), signal);
    }
  }
}
