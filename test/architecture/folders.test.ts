import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

/** A folder with more modules than this tells what belongs there. */
const FEW = 6;

const folders = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
const large = folders.filter((folder) => readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.ts')).length > FEW);

describe('every large folder of the source says in two or three lines what belongs there and what does not', () => {
  it('finds the folders that it judges', () => {
    expect(folders.length).toBeGreaterThan(15);
    expect(large.length).toBeGreaterThan(8);
  });

  it.each(large)('%s', (folder) => {
    const file = join(ROOT, folder, 'README.md');
    expect(existsSync(file), `${folder}/README.md is missing`).toBe(true);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(lines.filter((line) => line.trim() === '')).toEqual([]);
  });
});
