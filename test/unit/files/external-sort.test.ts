import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExternalSort } from '../../../src/files/external-sort.ts';
import { anyText } from '../../harness/texts.ts';

/** Operations on the temporary files, of which one may fail, or read nothing. */
const disk = { operations: 0, failAt: -1, errno: 'ENOSPC', opened: 0 };

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof fileSystem>();
  return {
    ...real,
    open: async (path: string, ...rest: [string]) => {
      const handle = await real.open(path, ...rest);
      disk.opened += 1;
      for (const name of ['read', 'write', 'truncate'] as const) {
        const run = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
        Object.assign(handle, {
          [name]: async (...args: unknown[]) => {
            const fails = disk.operations === disk.failAt;
            disk.operations += 1;
            if (!fails) return run(...args);
            if (disk.errno === 'short') return name === 'read' ? { bytesRead: 0 } : run(...args);
            throw Object.assign(new Error(disk.errno), { code: disk.errno });
          },
        });
      }
      return handle;
    },
  };
});

const folder = mkdtempSync(join(tmpdir(), 'mqdyn-test-sort-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => Object.assign(disk, { operations: 0, failAt: -1, errno: 'ENOSPC', opened: 0 }));

type Row = { key: string; line: string };
type Bounds = { heldBytes: number; mostRuns: number; readBytes: number };

const key = fc.oneof(
  fc.array(fc.constantFrom('\0', '\x01', 'a', 'b', '\x7f', '\x80', '\xff'), { maxLength: 4 }).map((all) => all.join('')),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }).map((codes) => String.fromCharCode(...codes)),
);
const row: fc.Arbitrary<Row> = fc.record({ key, line: fc.oneof(anyText(20), fc.constantFrom('', '\n', 'x'.repeat(300))) });
const bounds: fc.Arbitrary<Bounds> = fc.record({
  heldBytes: fc.constantFrom(1, 400, 2_000, 1 << 20),
  mostRuns: fc.constantFrom(2, 3, 64),
  readBytes: fc.constantFrom(1, 9, 64, 1 << 17),
});

/** The same rows in their order, and what they came out as; `each` is called before every row. */
async function sorted(rows: readonly Row[], options: Bounds, each: () => void = () => undefined): Promise<string[]> {
  const sort = new ExternalSort({ folder, ...options });
  try {
    for (const one of rows) {
      sort.add(one.key, one.line);
      await sort.flush();
      each();
    }
    const lines: string[] = [];
    for await (const block of sort.sorted()) {
      lines.push(...block);
      each();
    }
    return lines;
  } finally {
    await sort.close();
  }
}

/** Array.sort is stable. */
function wanted(rows: readonly Row[]): string[] {
  return rows
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.key, 'latin1'), Buffer.from(b.key, 'latin1')))
    .map(({ line }) => line);
}

const ROWS = Array.from({ length: 60 }, (_, at): Row => ({ key: `${(at * 37) % 50}`, line: `line ${at} ${'x'.repeat(at)}` }));
const TINY = { heldBytes: 100, mostRuns: 3, readBytes: 32 };

describe('ExternalSort', () => {
  it('gives what Array.sort gives, however little it holds in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 80 }), bounds, async (rows, options) => {
        expect(await sorted(rows, options)).toEqual(wanted(rows));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its temporary files without a name, and a few lines go to no file at all', async () => {
    const names: string[] = [];
    expect(await sorted(ROWS, TINY, () => names.push(...readdirSync(folder)))).toEqual(wanted(ROWS));
    expect(names).toEqual([]);
    expect(disk.opened).toBeGreaterThan(1);
    disk.opened = 0;
    expect(await sorted(ROWS, { ...TINY, heldBytes: 1 << 20 })).toEqual(wanted(ROWS));
    expect(disk.opened).toBe(0);
  });

  it('has few files open, however many runs there are', async () => {
    const rows = Array.from({ length: 2_000 }, (_, at): Row => ({
      key: `${(at * 7_919) % 2_000}`.padStart(4, '0'),
      line: `${at}`,
    }));
    expect(await sorted(rows, { heldBytes: 1, mostRuns: 4, readBytes: 64 })).toEqual(wanted(rows));
    // 4^6 are more than the 2,000 runs
    expect(disk.opened).toBeGreaterThan(4);
    expect(disk.opened).toBeLessThanOrEqual(6);
  });

  it.each(['ENOSPC', 'EIO', 'short'])('tells %s at any operation as a fault of the output', async (errno) => {
    const rows = ROWS.slice(0, 24);
    await sorted(rows, TINY);
    const total = disk.operations;
    expect(total).toBeGreaterThan(50);
    let told = 0;
    for (let failAt = 0; failAt < total; failAt += 1) {
      Object.assign(disk, { operations: 0, failAt, errno });
      const outcome = await sorted(rows, TINY).catch((error: unknown) => error);
      if (errno === 'short' && Array.isArray(outcome)) {
        expect(outcome).toEqual(wanted(rows));
        continue;
      }
      told += 1;
      expect(outcome).toMatchObject({ code: 'E_OUTPUT', exit: 8 });
      expect((outcome as Error).message).toMatch(/^cannot (write|read back) a temporary file in .*mqdyn-test-sort-/);
    }
    expect(told).toBeGreaterThan(20);
    if (errno !== 'short') expect(told).toBe(total);
  });

  it('tells a folder that takes no files', async () => {
    const sort = new ExternalSort({ folder: join(folder, 'missing'), heldBytes: 1 });
    sort.add('a', 'a');
    await expect(sort.flush()).rejects.toMatchObject({ code: 'E_OUTPUT', message: expect.stringContaining('ENOENT') as string });
    await sort.close();
  });
});
