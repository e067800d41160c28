import { afterEach, describe, expect, it, vi } from 'vitest';
import { renewing } from '../../../src/dynamo/credentials.ts';

const MINUTE = 60_000;

afterEach(() => vi.useRealTimers());

/** A source whose keys are good for so long; undefined fails. */
function source(...minutes: (number | undefined)[]) {
  let turn = 0;
  const find = vi.fn(async () => {
    const left = minutes[Math.min(turn, minutes.length - 1)];
    turn += 1;
    if (left === undefined) throw new Error(`no keys at turn ${turn}`);
    return { accessKeyId: `KEYS${turn}`, secretAccessKey: 's', expiration: new Date(Date.now() + left * MINUTE) };
  });
  return { find, keys: renewing(find) };
}

const idOf = async (keys: ReturnType<typeof renewing>) => (await keys()).accessKeyId;

describe('credentials', () => {
  it('are kept until five minutes before they expire, as the same object', async () => {
    vi.useFakeTimers();
    const { find, keys } = source(60);
    const first = await keys();
    vi.advanceTimersByTime(54 * MINUTE);
    expect(await keys()).toBe(first);
    vi.advanceTimersByTime(2 * MINUTE);
    expect(await idOf(keys)).toBe('KEYS2');
    expect(find).toHaveBeenCalledTimes(2);
  });

  it('that never last long are not asked for at every call', async () => {
    vi.useFakeTimers();
    const { find, keys } = source(3);
    for (let second = 0; second < 60; second += 1) {
      await keys();
      vi.advanceTimersByTime(1_000);
    }
    expect(find).toHaveBeenCalledTimes(2);
  });

  it('that cannot be renewed are used as long as they are good, and no longer', async () => {
    vi.useFakeTimers();
    const { keys } = source(10, undefined);
    expect(await idOf(keys)).toBe('KEYS1');
    vi.advanceTimersByTime(9 * MINUTE);
    expect(await idOf(keys)).toBe('KEYS1');
    vi.advanceTimersByTime(2 * MINUTE);
    await expect(keys()).rejects.toThrow('no keys at turn 3');
  });

  it('that could not be had are looked for again', async () => {
    const { keys } = source(undefined, 60);
    await expect(keys()).rejects.toThrow('no keys');
    expect(await idOf(keys)).toBe('KEYS2');
  });
});
