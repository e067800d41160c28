import { describe, expect, it } from 'vitest';
import type { ReplayProgress } from '../../../src/app/replay/write-replay.ts';
import { ProgressLine } from '../../../src/cli/progress.ts';

const NOTHING: ReplayProgress = { read: 0, settled: 0, bytes: 0, total: undefined, requests: 0, retries: 0 };
const MB = 1 << 20;

/** What a terminal of so many columns shows at the last of these looks, each after so many seconds. */
function shown(looks: readonly [seconds: number, progress: Partial<ReplayProgress>][], columns = 200): string {
  const line = new ProgressLine();
  return looks.map(([seconds, progress]) => line.at({ ...NOTHING, ...progress }, seconds, columns)).at(-1)!;
}

describe('the progress line', () => {
  it('goes by what is settled, not by what is read', () => {
    const total = 10 * MB;
    const text = shown([
      [1, { read: 1_000, bytes: MB, total }],
      [11, { read: 10_000, settled: 2_500, bytes: total, total, requests: 40 }],
    ]);
    expect(text).toBe('25% of 10.0 MB, 30s left, 250 events/s, 7,500 unsettled, 40 requests, 10,000 events');
  });

  it('expects as many events as the bytes that are still to be read hold', () => {
    const total = 10 * MB;
    const text = shown([
      [0, { read: 10, bytes: 10_000, total }],
      [10, { read: 5_000, settled: 2_500, bytes: 5 * MB, total }],
    ]);
    expect(text).toMatch(/^25% of 10.0 MB, 30s left, 250 events\/s, 2,500 unsettled/);
  });

  it('keeps its speed until the next window is settled, and loses it when that takes too long', () => {
    const total = MB;
    const at = (settled: number) => ({ read: 3_000, settled, bytes: total, total });
    const looks: [number, Partial<ReplayProgress>][] = [
      [0, at(0)],
      [10, at(1_000)],
      [15, at(1_000)],
    ];
    expect(shown(looks)).toMatch(/^33% of 1.0 MB, 15s left, 100 events\/s/);
    expect(shown([...looks, [60, at(1_000)]])).toMatch(/^33% of 1.0 MB, 50 events\/s/);
    const more = looks.map(([seconds, look]): [number, Partial<ReplayProgress>] => [seconds, { ...look, bytes: total / 2 }]);
    expect(shown([...more, [60, { ...at(1_000), bytes: total / 2 }]])).toMatch(/^16% of 1.0 MB, 1m0s left, 50 events\/s/);
  });

  it('leaves out of its speed what an earlier run did', () => {
    const total = 10 * MB;
    const text = shown([
      [0, {}],
      [1, { read: 5_000, settled: 5_000, bytes: 5 * MB, total }],
      [11, { read: 7_000, settled: 6_000, bytes: 7 * MB, total }],
    ]);
    expect(text).toMatch(/^60% of 10.0 MB, 40s left, 100 events\/s, 1,000 unsettled/);
  });

  it('says nothing about time while nothing is settled, nor when all is', () => {
    const total = MB;
    expect(shown([[0, {}], [30, { read: 900, bytes: total, total }]])).toBe('0% of 1.0 MB, 900 unsettled, 0 requests, 900 events'); // prettier-ignore
    expect(shown([[0, { read: 1, bytes: total, total }], [9, { read: 900, settled: 900, bytes: total, total }]])).toBe('100% of 1.0 MB, 100 events/s, 0 unsettled, 0 requests, 900 events'); // prettier-ignore
    expect(shown([[0, { read: 1, bytes: 0, total: 0 }]])).toBe('0 B, 1 unsettled, 0 requests, 1 events');
  });

  it('shows bytes where the end is not known', () => {
    const text = shown([
      [0, { read: 1 }],
      [10, { read: 5_000, settled: 4_000, bytes: 5.6 * MB, retries: 3 }],
    ]);
    expect(text).toBe('5.6 MB, 400 events/s, 1,000 unsettled, 3 repeated, 0 requests, 5,000 events');
  });

  it('fits 80 columns with large numbers, the useful ones first and none of them cut', () => {
    const total = 4_096 * MB;
    const looks: [number, Partial<ReplayProgress>][] = [
      [0, { read: 1, bytes: 1, total }],
      [30_000, { read: 12_345_678, settled: 12_247_374, bytes: 2_048 * MB, total, requests: 1_234_567, retries: 12_345 }],
    ];
    expect(shown(looks, 80)).toBe('49% of 4.0 GB, 8h28m left, 408 events/s, 98,304 unsettled, 12,345 repeated');
    expect(shown(looks, 40)).toBe('49% of 4.0 GB, 8h28m left, 408 events/s');
    expect(shown(looks, 10)).toBe('49% of 4.0 GB');
  });
});
