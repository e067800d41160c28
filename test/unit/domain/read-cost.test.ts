import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheaperLookup, scanUnits } from '../../../src/domain/read-cost.ts';

describe('the way to look messages up', () => {
  it.each([
    ['a scan of many small ones', 7_616, { items: 7_616, bytes: 127 * 8_192 }, { way: 'scan', keyed: 3_808, scanned: 127 }],
    ['keys for a few of many', 150, { items: 1_000_000, bytes: 200_000_000 }, { way: 'keys', keyed: 75, scanned: 24_415 }],
    ['keys for one batch', 100, { items: 100, bytes: 10_000 }, { way: 'keys', keyed: 50, scanned: 2 }],
    ['keys without a figure', 5_000, undefined, { way: 'keys', keyed: 2_500, scanned: undefined }],
    ['keys with a figure from before the first message', 5_000, { items: 0, bytes: 0 }, { way: 'keys', keyed: 2_500 }],
    ['several units for a large one', 1_000, { items: 1_000, bytes: 9_000_000 }, { way: 'scan', keyed: 1_500, scanned: 1_099 }],
    ['an old figure that is raised', 1_000, { items: 10, bytes: 81_920 }, { way: 'keys', keyed: 1_000, scanned: 1_000 }],
  ])('%s', (_, wanted, figure, plan) => {
    expect(cheaperLookup(wanted, figure)).toMatchObject(plan);
  });

  it('is never the dearer one by the figures', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 100_000 }), fc.nat(100_000_000), (wanted, items, bytes) => {
        const { way, keyed, scanned } = cheaperLookup(wanted, { items, bytes });
        if (way === 'scan') expect(scanned).toBeLessThan(keyed);
        else if (wanted > 100) expect(keyed).toBeLessThanOrEqual(scanned!);
        expect(scanned).toBeGreaterThanOrEqual(scanUnits(bytes));
      }),
    );
  });
});
