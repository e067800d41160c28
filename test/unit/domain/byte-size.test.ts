import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeText } from '../../../src/domain/byte-size.ts';
import { ROOT } from '../../harness/root.ts';

const POWERS: Readonly<Record<string, number>> = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4 };

describe('a number of bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [400 * 1024, '400.0 KB'],
    [1024 ** 2 - 1, '1.0 MB'],
    [1024 ** 2, '1.0 MB'],
    [5.5 * 1024 ** 3, '5.5 GB'],
    [2 ** 52, '4096.0 TB'],
  ])('%i is %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('is shown in units of 1,024, rounded to a tenth', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), (power) => {
        const bytes = Math.floor(2 ** power);
        const [value, unit] = sizeText(bytes).split(' ');
        expect(Math.abs(Number(value) - bytes / 1024 ** POWERS[unit!]!)).toBeLessThanOrEqual(0.0501);
        if (unit !== 'TB') expect(Number(value)).toBeLessThan(1024);
      }),
    );
  });

  it('is written in one place', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const others = files.filter((file) =>
      /\} ?[KMGT]i?B\b|'[KMGT]i?B'|\d [KMG]iB[^.]*['`]/.test(readFileSync(join(ROOT, 'src', file), 'utf8')),
    );
    expect(others).toEqual([join('domain', 'byte-size.ts')]);
  });
});
