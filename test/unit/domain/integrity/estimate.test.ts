import { describe, expect, it } from 'vitest';
import { estimateTotal } from '../../../../src/domain/integrity/estimate.ts';

/** From 0 to below 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How often the interval of a random part holds the true total. */
function coverage(clusters: readonly number[], share: number, runs: number): number {
  const total = clusters.reduce((sum, size) => sum + size, 0);
  const random = generator(42);
  let held = 0;
  for (let run = 0; run < runs; run += 1) {
    const seen = clusters.filter(() => random() < share);
    const count = seen.reduce((sum, size) => sum + size, 0);
    const squares = seen.reduce((sum, size) => sum + size ** 2, 0);
    const { low, high } = estimateTotal({ count, squares }, share);
    if (low <= total && total <= high) held += 1;
  }
  return held / runs;
}

describe('estimateTotal', () => {
  it.each([
    ['many single findings', Array.from({ length: 2_000 }, () => 1), 0.05],
    ['few single findings', Array.from({ length: 40 }, () => 1), 0.1],
    ['findings that come ten at a time', Array.from({ length: 400 }, () => 10), 0.1],
    ['topics of very different size', Array.from({ length: 600 }, (_, at) => 1 + (at % 20)), 0.2],
  ])('holds the true total about 95 times in 100: %s', (_, clusters, share) => {
    expect(coverage(clusters, share, 2_000)).toBeGreaterThan(0.92);
  });

  it('scales by the share, and never tells fewer than were seen', () => {
    expect(estimateTotal({ count: 10, squares: 10 }, 0.05).estimate).toBe(200);
    expect(estimateTotal({ count: 3, squares: 3 }, 1)).toMatchObject({ estimate: 3, low: 3 });
  });

  it('bounds what was not seen at all', () => {
    const { estimate, low, high } = estimateTotal({ count: 0, squares: 0 }, 0.05);
    expect([estimate, low]).toEqual([0, 0]);
    // the exact bound of a count of 0 is 3.69
    expect(high).toBeGreaterThan(70);
    expect(high).toBeLessThan(78);
  });
});
