import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

const FOLDER = join(ROOT, 'test/faults');
/** Faults of schema files and tables are tested where the commands are. */
const FILES = [...readdirSync(FOLDER).filter((file) => file.endsWith('.test.ts')), '../commands/schema-faults.test.ts'];

/** The ids that the names of tests in a file begin with; a row of `it.each` may hold the name. */
function idsIn(file: string): Set<string> {
  const texts = readFileSync(join(FOLDER, file), 'utf8').matchAll(/(['"`])((?:[A-Z]\d+ )+)/g);
  return new Set([...texts].flatMap(([, , ids]) => ids!.trim().split(' ')));
}

/** Rows of the table in test/faults/README.md, each with the test files that it lists. */
const rows = [...readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(/^\| ([A-Z]\d+) +\|.*\|([^|]*)\|$/gm)].map(
  ([, id, files]) => ({ id: id!, files: [...files!.matchAll(/`(.*?)`/g)].map(([, file]) => normalize(file!)) }),
);
const used = FILES.map((file) => ({ file, ids: idsIn(file) }));

describe('the fault matrix', () => {
  it('has one row for each id', () => {
    const ids = rows.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(90);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it.each(rows)('row $id lists the files whose tests are named after it', ({ id, files }) => {
    const named = used.filter(({ ids }) => ids.has(id)).map(({ file }) => file);
    expect(named).not.toEqual([]);
    expect(files.toSorted()).toEqual(named.toSorted());
  });

  it.each(used)('every id in a test name of $file has a row', ({ ids }) => {
    const known = rows.map(({ id }) => id);
    expect([...ids].filter((id) => !known.includes(id))).toEqual([]);
  });
});
