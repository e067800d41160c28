import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inParallel } from '../../../src/app/in-parallel.ts';

const never = new AbortController().signal;
const numbers = Array.from({ length: 50 }, (_, index) => index);

describe('inParallel', () => {
  it('gives results in order, whichever is ready first, with eight under way', async () => {
    let underWay = 0;
    let most = 0;
    const work = async (one: number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await delay((one * 7) % 5);
      underWay -= 1;
      return one * 2;
    };
    expect(await inParallel(numbers, work, never)).toEqual(numbers.map((one) => one * 2));
    expect(most).toBe(8);
  });

  it.each(['failure', 'stop'])('begins none after a %s, and waits for those under way', async (end) => {
    const stop = new AbortController();
    const reason = new Error(end);
    let begun = 0;
    let underWay = 0;
    const work = async (one: number) => {
      begun += 1;
      underWay += 1;
      await delay(one === 3 ? 5 : 30);
      underWay -= 1;
      if (one !== 3) return;
      if (end === 'failure') throw reason;
      stop.abort(reason);
    };
    await expect(inParallel(numbers, work, stop.signal)).rejects.toBe(reason);
    expect([begun, underWay]).toEqual([8, 0]);
  });
});
