import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

/**
 * Rows of the fault matrix that a replay has to satisfy: faults of the endpoint, the process, the data, the state of the
 * tables and the permissions. Each has a test of its own, whose name begins with the row.
 */
const ROWS = [
  ...numbered('E', 1, 19),
  ...numbered('P', 1, 19),
  ...numbered('D', 1, 33),
  'S9',
  'S15',
  'S16',
  ...numbered('A', 1, 8),
];

function numbered(letter: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${letter}${first + index}`);
}

/** Names of tests, as they are written: a text in the place of a name that begins with one row, or with several. */
const NAME = /(?:\b(?:it|describe)(?:\.\w+)*|\))\(\s*(['"`])((?:[EPDSA]\d+ )+)/g;

const folder = join(ROOT, 'test/faults');
const covered = new Map<string, string[]>();
for (const file of readdirSync(folder).filter((name) => name.endsWith('.test.ts'))) {
  for (const [, , rows] of readFileSync(join(folder, file), 'utf8').matchAll(NAME))
    for (const row of rows!.trim().split(' ')) covered.set(row, [...(covered.get(row) ?? []), file]);
}

describe('the fault matrix', () => {
  it.each(ROWS)('row %s has a test that is named after it', (row) => {
    expect(covered.get(row) ?? []).not.toEqual([]);
  });

  it('has every row that a test is named after', () => {
    expect([...covered.keys()].filter((row) => !ROWS.includes(row))).toEqual([]);
  });
});
