import { setTimeout as delay } from 'node:timers/promises';

/**
 * Keeps writes within a number of write capacity units a second. What a call costs is known only afterwards, so a call
 * may go as long as there is no debt, and pays when its reply says how much.
 */
export class Pace {
  private readonly perSecond: number;
  private credit: number;
  private updated = Date.now();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.credit = perSecond;
  }

  /** Resolves when the next call may go. */
  async turn(signal?: AbortSignal): Promise<void> {
    for (;;) {
      this.refill();
      if (this.credit > 0) return;
      const wait = Math.ceil((1 - this.credit) * (1000 / this.perSecond));
      await delay(Math.min(wait, 1_000), undefined, signal === undefined ? {} : { signal });
    }
  }

  spend(units: number): void {
    this.credit -= units;
  }

  /** At most one second's worth is saved up. */
  private refill(): void {
    const now = Date.now();
    this.credit = Math.min(this.perSecond, this.credit + ((now - this.updated) / 1000) * this.perSecond);
    this.updated = now;
  }
}
