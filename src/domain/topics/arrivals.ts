const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Upper ends of the age groups, in milliseconds; the last group has none. */
const AGE_GROUPS: readonly (readonly [string, number])[] = [
  ['1m', 60_000],
  ['1h', HOUR_MS],
  ['1d', DAY_MS],
  ['7d', 7 * DAY_MS],
  ['30d', 30 * DAY_MS],
];

export type AgeGroup = { age: string; ids: number };
/** Counts of equal spans of time, the oldest first; the last one ends now. */
export type Histogram = { spanMs: number; counts: number[] };

/** Counts ids by the time in them: groups of age, and how many came in each of the last hours and days. Keeps no id. */
export class Arrivals {
  readonly hours: Histogram = { spanMs: HOUR_MS, counts: Array.from({ length: 24 }, () => 0) };
  readonly days: Histogram = { spanMs: DAY_MS, counts: Array.from({ length: 30 }, () => 0) };
  private readonly now: number;
  private readonly groups = AGE_GROUPS.map(([name, end]) => ({ age: `< ${name}`, end, ids: 0 }));
  private older = 0;
  private timeless = 0;

  constructor(now: number) {
    this.now = now;
  }

  add(millis: number | undefined): void {
    if (millis === undefined) {
      this.timeless += 1;
      return;
    }
    const age = Math.max(0, this.now - millis);
    const group = this.groups.find(({ end }) => age < end);
    if (group === undefined) this.older += 1;
    else group.ids += 1;
    for (const { spanMs, counts } of [this.hours, this.days]) {
      const at = counts.length - 1 - Math.floor(age / spanMs);
      const before = counts[at];
      if (before !== undefined) counts[at] = before + 1;
    }
  }

  /** `< 1m` to `>= 30d`, and `unknown` for ids that tell no time, where there are any. */
  byAge(): AgeGroup[] {
    const groups = this.groups.map(({ age, ids }) => ({ age, ids }));
    const last = { age: `>= ${AGE_GROUPS.at(-1)?.[0]}`, ids: this.older };
    return [...groups, last, ...(this.timeless > 0 ? [{ age: 'unknown', ids: this.timeless }] : [])];
  }
}
