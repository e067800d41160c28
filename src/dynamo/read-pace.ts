import { Pace } from './pace.ts';

/**
 * Keeps reads within a number of read capacity units a second. Several readers may share one. A page is asked for no larger than
 * what a second allows, as far as the pages before tell how large items are.
 */
export class ReadPace {
  private readonly pace: Pace;
  /** Items that a unit reads. */
  private itemsAUnit = 1;
  /** Units of the page before. */
  private last = 1;

  constructor(perSecond: number) {
    this.pace = new Pace(perSecond);
  }

  /** Resolves, when a page may be asked for, with the most items that it may have. */
  async reserve(signal?: AbortSignal): Promise<number> {
    await this.pace.reserve(this.last, signal);
    return Math.max(1, Math.floor(this.itemsAUnit * this.pace.perSecond));
  }

  /** A page had so many items and cost so many units. */
  took(items: number, units: number): void {
    this.pace.settle(this.last, units);
    this.last = units;
    if (items > 0 && units > 0) this.itemsAUnit = items / units;
  }
}
