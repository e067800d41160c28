/** How many there are in all, judged by a part: the number itself, and the bounds of its 95 % interval. */
export type Estimate = { estimate: number; low: number; high: number };

/** The 97.5 % point of the normal distribution. */
const Z = 1.96;

/** Findings of one check: how many, and the sum of the squares of how many each partition key had. */
export type Sampled = { count: number; squares: number };

/**
 * Estimates a total from the findings in a random part of the key space, of which each partition key is in the part with
 * probability `share`. Findings of one key come together, so what counts as a sample are keys: the interval is that of a Poisson
 * count (Garwood's, by Wilson and Hilferty's approximation) of as many keys as carry the same information. Never below what was seen.
 */
export function estimateTotal({ count, squares }: Sampled, share: number): Estimate {
  const size = count === 0 ? 1 : squares / count;
  const keys = count / size;
  const low = keys === 0 ? 0 : keys * (1 - 1 / (9 * keys) - Z / (3 * Math.sqrt(keys))) ** 3;
  const next = keys + 1;
  const high = next * (1 - 1 / (9 * next) + Z / (3 * Math.sqrt(next))) ** 3;
  const scale = (value: number) => Math.max(count, Math.round((value * size) / share));
  return { estimate: scale(keys), low: scale(Math.max(0, low)), high: scale(high) };
}
