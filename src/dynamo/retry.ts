import { setTimeout as delay } from 'node:timers/promises';
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

/** The same in the middle of a run, which has the patience of its writes: so many milliseconds. */
export async function retriedFor<T>(patienceMs: number, call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  return retriedWhile(call, (attempt, error) => (error.fault === 'protocol' ? attempt < ATTEMPTS : Date.now() < deadline));
}

async function retriedWhile<T>(call: () => Promise<T>, goOn: (attempt: number, error: ServiceError) => boolean): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const passing = error instanceof ServiceError && PASSING.has(error.fault);
      if (!passing || !goOn(attempt, error)) throw error;
      await delay(Math.random() * Math.min(MAX_PAUSE, BASE_PAUSE * 2 ** Math.min(attempt, 10)));
    }
  }
}
