import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { dataFileName, exportIdOf, isExportId } from '../../../../src/domain/export/names.ts';

it('makes ids as DynamoDB does: fourteen digits of milliseconds and eight hex digits', () => {
  expect(exportIdOf(1_716_790_307_109, 0x5f9d6aaa)).toBe('01716790307109-5f9d6aaa');
  expect(exportIdOf(1_716_790_307_109, 7)).toBe('01716790307109-00000007');
  expect(['01716790307109-5f9d6aaa', '1716790307109-5f9d6aaa', 'data', '01716790307109-5F9D6AAA'].map(isExportId)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

it('names data files as DynamoDB does: 26 letters and digits of base32', () => {
  expect(dataFileName(0, new Uint8Array(32))).toBe(`${'a'.repeat(26)}.json.gz`);
  expect(dataFileName(27, new Uint8Array(32).fill(255))).toBe(`aaaabb${'7'.repeat(20)}.json.gz`);
  const names = Array.from({ length: 1_000 }, () => dataFileName(5, randomBytes(32)));
  for (const name of names) expect(name).toMatch(/^[a-z2-7]{26}\.json\.gz$/);
  expect(new Set(names).size).toBe(1_000);
});

it('names the files of a segment in their order', () => {
  const names = [0, 1, 25, 26, 700, 17_576, 1_000_000].map((place) => dataFileName(place, randomBytes(32)));
  expect(names.toSorted()).toEqual(names);
});
