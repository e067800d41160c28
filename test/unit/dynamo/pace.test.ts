import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchWrite } from '../../../src/domain/hooks/write.ts';
import { intoBatches, unitsOf } from '../../../src/dynamo/batches.ts';
import { Pace } from '../../../src/dynamo/pace.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('--max-wcu', () => {
  it('lets through no more than its units in any second (fault 7)', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 40 }),
        async (perSecond, units) => {
          const pace = new Pace(perSecond);
          const went: { at: number; units: number }[] = [];
          const turns = units.map(async (some) => {
            await pace.reserve(some);
            went.push({ at: performance.now(), units: some });
          });
          await vi.advanceTimersByTimeAsync(2_000_000);
          await Promise.all(turns);
          expect(went).toHaveLength(units.length);
          for (const { at, units: own } of went) {
            const before = went.filter((other) => other.at > at - 1_000 && other.at <= at);
            const spent = before.reduce((sum, other) => sum + other.units, 0);
            // calls in flight at the start of the second count for the one before
            expect(spent - own).toBeLessThanOrEqual(perSecond + Math.max(...units));
          }
        },
      ),
      { numRuns: 50 },
    ));

  it('makes up for what a call cost beyond its writes (fault 7)', async () => {
    const pace = new Pace(10);
    await pace.reserve(1);
    pace.settle(1, 401);
    let went = false;
    void pace.reserve(1).then(() => (went = true));
    await vi.advanceTimersByTimeAsync(39_000);
    expect(went).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(went).toBe(true);
  });

  it('is given up when the run stops', async () => {
    const pace = new Pace(1);
    const stop = new AbortController();
    await pace.reserve(100);
    const turn = pace.reserve(1, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(turn).rejects.toThrow('stopped');
  });

  it('cuts calls so that none is larger than a second has units, unless one item is (fault 7)', () => {
    const write = (bytes: number): BatchWrite => ({ kind: 'put', table: 'mqtt_msg', key: {}, item: {}, bytes, events: [] });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 1, max: 50_000 })), (most, sizes) => {
        const writes = sizes.map(write);
        const batches = [...intoBatches(writes, most)];
        expect(batches.flat()).toEqual(writes);
        for (const batch of batches) expect(batch.length === 1 || unitsOf(batch) <= most).toBe(true);
      }),
    );
  });
});
