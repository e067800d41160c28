import { backOff, pause } from './back-off.ts';
import { ServiceError } from './errors.ts';

const MAX_PROTOCOL_ATTEMPTS = 4;
const BASE_PAUSE = 100;
const MAX_PAUSE = 5_000;
/** A reply that is no DynamoDB's may be one of a gateway that comes back, once the run is on its way. */
const PASSING = new Set(['transient', 'throttle', 'protocol']);

/** True for a fault that may be gone at the next attempt. An endpoint that has never answered is not waited for again. */
export function isRetryable(error: ServiceError, answered: boolean): boolean {
  if (error.code === 'E_TIMEOUT' && !answered) return false;
  return error.fault === 'transient' || error.fault === 'throttle';
}

/** Retries a call in the middle of a run for so many milliseconds; an aborted signal ends it with its reason. */
export async function retriedFor<T>(retryForMs: number, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + retryForMs;
  const goOn = (attempt: number, error: ServiceError) =>
    error.fault === 'protocol' ? attempt < MAX_PROTOCOL_ATTEMPTS : performance.now() < deadline;
  return retriedWhile(call, goOn, signal);
}

/** Retries a call with growing pauses as long as its fault may pass and `goOn` allows a further attempt. */
export async function retriedWhile<T>(
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
