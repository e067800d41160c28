import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../../../src/domain/item.ts';
import { s } from '../../../../src/domain/item.ts';
import { exportLineWriter } from '../../../../src/domain/json/item-json.ts';
import type { Dynamo } from '../../../../src/dynamo/client.ts';
import { createTable, deleteTable } from '../../../../src/dynamo/tables.ts';
import { waitUntilActive } from '../../../../src/dynamo/table-waits.ts';
import { anyItem } from '../../../harness/any-item.ts';
import { readAsAws } from '../../../harness/aws-reader.ts';
import { dataFiles, faultsOf, filesBelow, linesIn, runExport } from '../../../harness/export-run.ts';
import { connectTo, memoryEngine, scanAll, type MemoryEngine } from '../../../harness/memory-engine.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';
import { Killed } from '../../../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
let folders = 0;
const nextFolder = () => join(folder.path, `${(folders += 1)}`);

async function makeTable(name: string, items: readonly Item[]): Promise<void> {
  await createTable(dynamo, {
    TableName: name,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await waitUntilActive(dynamo, name);
  for (const item of items) await dynamo.call('PutItem', { TableName: name, Item: item });
}

/** Items of every type with a key of their own. */
const anyItems = fc
  .array(fc.tuple(fc.constantFrom('a', 'ü', 'b/c'), anyItem()), { maxLength: 40 })
  .map((all) => all.map(([pk, rest], index): Item => ({ ...rest, pk: s(pk), sk: { N: String(index) } })));

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await makeTable(
    'forty',
    Array.from({ length: 40 }, (_, index) => ({ pk: s(`p${index % 7}`), sk: { N: String(index) }, text: s('x'.repeat(60)) })),
  );
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

/** A connection that is gone at its n-th scan. */
function goneAt(scan: number): Dynamo {
  let scans = 0;
  const call: Dynamo['call'] = (operation, input, signal) => {
    if (operation === 'Scan' && (scans += 1) >= scan) throw new Killed();
    // small pages, so that there are many
    return dynamo.call(operation, operation === 'Scan' ? { ...input, Limit: 3 } : input, signal);
  };
  return Object.assign(Object.create(dynamo) as Dynamo, { call });
}

it('stores every item of any table so that another reader finds them', async () => {
  let tables = 0;
  await fc.assert(
    fc.asyncProperty(
      anyItems,
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(1, 200, 1 << 20),
      async (items, segments, fileLength) => {
        const name = `table${(tables += 1)}`;
        await makeTable(name, items);
        const out = nextFolder();
        const exported = await runExport(dynamo, { folder: out, tables: [name], segments, fileLength });
        const stored = await scanAll(dynamo, name);
        const read = readAsAws(out, exported.manifest.tables[0]!.folder, ['pk', 'sk']);
        const write = exportLineWriter(name);
        const texts = (all: readonly unknown[]) => all.map((item) => write(item as Item)).sort();
        expect(texts(read.lines.map(({ Item: item }) => item))).toEqual(texts(stored));
        expect(await faultsOf(out)).toEqual([]);
        await deleteTable(dynamo, name);
      },
    ),
    { numRuns: 12 },
  );
});

describe('what is written', () => {
  it('is the layout of DynamoDB, and one manifest over all tables', async () => {
    const out = nextFolder();
    const { manifest } = await runExport(dynamo, { folder: out, tables: ['forty'], segments: 1 });
    const [table] = manifest.tables;
    expect(table!.folder).toMatch(/^forty\/AWSDynamoDB\/01716790307109-[0-9a-f]{8}$/);
    const names = filesBelow(out).map((path) => path.replace(table!.folder, '...').replace(/[a-z2-7]{26}/, 'NAME'));
    expect(names).toEqual([
      '.../_started',
      '.../data/NAME.json.gz',
      '.../manifest-files.json',
      '.../manifest-files.md5',
      '.../manifest-summary.json',
      '.../manifest-summary.md5',
      'manifest.json',
    ]);
    expect(manifest).toMatchObject({
      source: dynamo.options.label,
      note: expect.stringContaining('not a point-in-time snapshot'),
    });
    expect(table).toMatchObject({ table: 'forty', live: 'forty', itemCount: 40, schema: { TableName: 'forty' } });
  });

  it('is readable by its owner alone', async () => {
    const out = nextFolder();
    await runExport(dynamo, { folder: out, tables: ['forty'] });
    const open = filesBelow(out).filter((path) => (statSync(join(out, path)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
  });

  it('names files from the root of the bucket that it is copied to', async () => {
    const out = nextFolder();
    const { manifest } = await runExport(dynamo, { folder: out, tables: ['forty'], s3Prefix: 'a/b' });
    const bucket = nextFolder();
    // what aws s3 sync does to s3://BUCKET/a/b
    cpSync(out, join(bucket, 'a/b'), { recursive: true });
    const { lines, summary } = readAsAws(bucket, `a/b/${manifest.tables[0]!.folder}`, ['pk', 'sk']);
    expect([lines.length, summary['s3Prefix']]).toEqual([40, 'a/b/forty']);
  });
});

describe('a run that is stopped', () => {
  it('goes on to the same bytes as one that was not, wherever it was stopped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1, 300, 1 << 20),
        fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 3 }),
        async (segments, fileLength, stops) => {
          const whole = await runExport(dynamo, { folder: nextFolder(), tables: ['forty'], segments, fileLength });
          const out = nextFolder();
          const options = { folder: out, tables: ['forty'], segments, fileLength };
          for (const [index, scan] of stops.entries()) {
            const ended = await runExport(goneAt(scan), { ...options, resume: index > 0 }).then(
              () => 'complete',
              (error: unknown) => {
                if (!(error instanceof Killed)) throw error;
                return 'killed';
              },
            );
            if (ended === 'complete') break;
            expect(existsSync(out)).toBe(false);
          }
          const resumed = existsSync(out) ? undefined : await runExport(dynamo, { ...options, resume: true });
          if (resumed !== undefined) expect(dataFiles(resumed)).toEqual(dataFiles(whole));
          expect(await faultsOf(out)).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('leaves nothing under the name of the export, and is no export', async () => {
    const out = nextFolder();
    await expect(runExport(goneAt(3), { folder: out, tables: ['forty'], fileLength: 1 })).rejects.toThrow(Killed);
    expect(readdirSync(folder.path).filter((name) => name.startsWith(out.slice(folder.path.length + 1)))).toEqual([
      `${out.slice(folder.path.length + 1)}.partial`,
    ]);
    await expect(faultsOf(`${out}.partial`)).resolves.toEqual([expect.stringContaining('of an export that was not finished')]);
  });

  it.each([
    ['other tables', { tables: ['forty', 'other'] }],
    ['another number of segments', { segments: 3 }],
    ['another order', { sorted: true }],
    ['another prefix', { s3Prefix: 'x' }],
  ])('does not go on with %s', async (_case, other) => {
    await makeTable('other', []).catch(() => undefined);
    const out = nextFolder();
    await expect(runExport(goneAt(2), { folder: out, tables: ['forty'] })).rejects.toThrow(Killed);
    await expect(runExport(dynamo, { folder: out, tables: ['forty'], resume: true, ...other })).rejects.toMatchObject({
      code: 'E_MISMATCH',
      exit: 11,
    });
  });

  it('is not silently started over, and is with --restart', async () => {
    const out = nextFolder();
    await expect(runExport(goneAt(2), { folder: out, tables: ['forty'] })).rejects.toThrow(Killed);
    await expect(runExport(dynamo, { folder: out, tables: ['forty'] })).rejects.toMatchObject({ code: 'E_UNFINISHED', exit: 11 });
    const { resumed } = await runExport(dynamo, { folder: out, tables: ['forty'], restart: true });
    expect([resumed, await faultsOf(out)]).toEqual([false, []]);
  });

  it('does not remove what is not its own', async () => {
    const out = nextFolder();
    mkdirSync(`${out}.partial`);
    writeFileSync(join(`${out}.partial`, 'letter.txt'), 'mine');
    await expect(runExport(dynamo, { folder: out, tables: ['forty'], restart: true })).rejects.toMatchObject({
      code: 'E_CONFIRM',
    });
    expect(existsSync(join(`${out}.partial`, 'letter.txt'))).toBe(true);
  });

  it('says that its state is damaged', async () => {
    const out = nextFolder();
    await expect(runExport(goneAt(2), { folder: out, tables: ['forty'] })).rejects.toThrow(Killed);
    writeFileSync(join(`${out}.partial`, 'state.json'), '{}');
    await expect(runExport(dynamo, { folder: out, tables: ['forty'], resume: true })).rejects.toMatchObject({
      code: 'E_CHECKPOINT',
    });
  });
});

describe('a folder that is there', () => {
  it('is refused, and with --force replaced only by a complete export', async () => {
    const out = nextFolder();
    await runExport(dynamo, { folder: out, tables: ['forty'] });
    const before = filesBelow(out);
    await expect(runExport(dynamo, { folder: out, tables: ['forty'] })).rejects.toMatchObject({ code: 'E_CONFIRM', exit: 11 });
    await expect(runExport(goneAt(2), { folder: out, tables: ['forty'], force: true })).rejects.toThrow(Killed);
    expect(filesBelow(out)).toEqual(before);
    await runExport(dynamo, { folder: out, tables: ['forty'], force: true, resume: true });
    expect(filesBelow(out)).not.toEqual(before);
    expect(await faultsOf(out)).toEqual([]);
  });

  it('is taken where it is empty', async () => {
    const out = nextFolder();
    mkdirSync(out);
    expect(linesIn(await runExport(dynamo, { folder: out, tables: ['forty'] }))).toHaveLength(40);
  });
});

it('reads no faster than it is told', async () => {
  const started = performance.now();
  let units = 0;
  const counting: Dynamo['call'] = async (operation, input, signal) => {
    const reply = await dynamo.call(operation, input, signal);
    if (operation === 'Scan') units += (reply as { ConsumedCapacity: { CapacityUnits: number } }).ConsumedCapacity.CapacityUnits;
    return reply;
  };
  const paced = Object.assign(Object.create(dynamo) as Dynamo, { call: counting });
  await runExport(paced, { folder: nextFolder(), tables: ['forty'], segments: 1, maxRcu: 2 });
  // what a second allows may go at once
  expect((units - 2) / 2).toBeLessThanOrEqual((performance.now() - started) / 1_000 + 0.1);
});
