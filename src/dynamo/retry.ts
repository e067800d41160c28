import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from './errors.ts';

const ATTEMPTS = 4;
const BASE_PAUSE = 100;

/** Tries a call again that failed for a reason that may pass, for connections that try only once by themselves. */
export async function retried<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const passing = error instanceof ServiceError && (error.fault === 'transient' || error.fault === 'throttle');
      // a call that nobody answered has taken its time already
      if (!passing || error.code === 'E_TIMEOUT' || attempt === ATTEMPTS) throw error;
      await delay(Math.random() * BASE_PAUSE * 2 ** attempt);
    }
  }
}
