import { pause } from './back-off.ts';

/**
 * Keeps writes within a number of write capacity units a second. Every call reserves what its writes will cost before it
 * goes, each behind the one before; what the reply says it cost beyond that delays the calls that follow.
 */
export class Pace {
  readonly perSecond: number;
  /** When the capacity that is reserved so far will have been earned, by the monotonic clock in milliseconds. */
  private free = -Infinity;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Resolves when a call of so many units may go; rejects with the signal's reason. */
  async reserve(units: number, signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const start = Math.max(now, this.free);
    this.free = start + this.millisFor(units);
    if (start > now) await pause(start - now, signal);
  }

  /** A call that reserved so many units cost so many. */
  settle(reserved: number, cost: number): void {
    this.free = Math.max(this.free, performance.now()) + this.millisFor(Math.max(0, cost - reserved));
  }

  private millisFor(units: number): number {
    return (units / this.perSecond) * 1_000;
  }
}
