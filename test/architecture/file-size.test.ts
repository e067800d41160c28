import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

/** Files of code in a folder, with the number of their lines. */
function linesOf(folder: string): [file: string, lines: number][] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|js)$/.test(file))
    .map((file) => [
      `${folder}/${file}`,
      readFileSync(join(ROOT, folder, file), 'utf8')
        .trimEnd()
        .split('\n').length,
    ]);
}

it.each([
  ['src', 300],
  ['test', 400],
])('no file of %s has more than %d lines', (folder, most) => {
  const files = linesOf(folder);
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter(([, lines]) => lines > most)).toEqual([]);
});
