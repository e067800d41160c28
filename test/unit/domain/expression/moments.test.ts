import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentFromNow, momentOf } from '../../../../src/domain/expression/moments.ts';

const micros = (text: string) => BigInt(Date.parse(text)) * 1_000n;

describe('momentOf', () => {
  it.each([
    ['2026-10-25', micros('2026-10-25T00:00:00Z')],
    ['2026-10-25 08:30', micros('2026-10-25T08:30:00Z')],
    ['2026-10-25T08:30:15Z', micros('2026-10-25T08:30:15Z')],
    ['2026-10-25 08:30:15.123Z', micros('2026-10-25T08:30:15.123Z')],
    ['2026-10-25T08:30:15.123456Z', micros('2026-10-25T08:30:15.123Z') + 456n],
    ['2026-10-25T08:30:00+02:00', micros('2026-10-25T06:30:00Z')],
    ['2026-10-25T08:30:00-0530', micros('2026-10-25T14:00:00Z')],
    ['1969-12-31T23:59:59Z', -1_000_000n],
  ])('%s', (text, moment) => {
    expect(momentOf(text)).toBe(moment);
  });

  it.each([
    '',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-10-25T25:00',
    '2026-10-25T10:61',
    '25.10.2026',
    '1714727731',
  ])('takes %j for no date', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });

  it('reads every date that Date itself writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(momentOf(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000n);
      }),
    );
  });
});

describe('momentFromNow', () => {
  it.each([
    ['now', 0],
    ['now - 30d', -30 * 86_400_000],
    ['NOW-1h', -3_600_000],
    ['now + 90s', 90_000],
    ['now -5ms', -5],
  ])('%s', (text, offset) => {
    expect(momentFromNow(text, 1_700_000_000_000)).toBe(BigInt(1_700_000_000_000 + offset) * 1_000n);
  });
});
