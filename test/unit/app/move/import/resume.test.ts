import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MqdynError } from '../../../../../src/domain/errors.ts';
import { n, s, type Item } from '../../../../../src/domain/item.ts';
import type { Dynamo } from '../../../../../src/dynamo/client.ts';
import { createTable, deleteTable } from '../../../../../src/dynamo/tables.ts';
import { waitUntilActive, waitUntilGone } from '../../../../../src/dynamo/table-waits.ts';
import { acquireLock } from '../../../../../src/files/lock.ts';
import { emptyTables } from '../../../../harness/fill-tables.ts';
import { runImport } from '../../../../harness/import-run.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../../../../harness/memory-engine.ts';
import { temporaryFolder } from '../../../../harness/run-command.ts';
import { stoppingAt } from '../../../../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
let folder: { path: string; remove(): void };
const subs = Array.from({ length: 30 }, (_, index): Item => ({ clientid: s(`c${index}`), topic: s('#'), qos: n(1) }));
const text = (items: readonly Item[]) => items.map((item) => `${JSON.stringify({ Item: item })}\n`).join('');
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(async () => {
  folder = temporaryFolder();
  await emptyTables(dynamo);
  writeFileSync(at('items'), text(subs));
  return () => folder.remove();
});

const options = () => ({ from: at('items'), folder: folder.path, tables: ['mqtt_sub'], window: { lines: 5, bytes: 1 << 20 } });
const run = (more: Partial<Parameters<typeof runImport>[1]> = {}) => runImport(dynamo, { ...options(), ...more });

/** Stops an import at its third window. */
async function stopped(): Promise<void> {
  const stop = new AbortController();
  const notices: string[] = [];
  const ended = runImport(stoppingAt(dynamo, { how: 'signal', write: 3 }, stop), {
    ...options(),
    signal: stop.signal,
    notice: (sentence) => notices.push(sentence),
  });
  await expect(ended).rejects.toThrow('stopped');
  expect(notices.at(-1)).toMatch(/^stopped; read 1\d = applied 1\d .*; continue with --resume$/);
}

const refused = async (more: Parameters<typeof run>[0], code: string, told: RegExp) => {
  const error: unknown = await run(more).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MqdynError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(told) as string });
};

describe('--resume', () => {
  it('goes on behind what is settled, also in a table that holds items by now', async () => {
    await stopped();
    const notices: string[] = [];
    const { tables } = await run({ resume: true, notice: (sentence) => notices.push(sentence) });
    expect(notices[0]).toMatch(/^resuming behind 1\d items$/);
    expect(tables).toMatchObject([{ table: 'mqtt_sub', read: 30, applied: 30 }]);
    expect(await scanAll(dynamo, 'mqtt_sub')).toHaveLength(30);
  });

  it('waits until no late call of the run before can come', async () => {
    await stopped();
    const started = performance.now();
    await run({ resume: true, lateMs: 300 });
    expect(performance.now() - started).toBeGreaterThan(295);
  });

  it('without a checkpoint starts from the beginning, and refuses a table with items as ever', async () => {
    await dynamo.call('PutItem', { TableName: 'mqtt_sub', Item: subs[0]! });
    await refused({ resume: true }, 'E_NOT_EMPTY', /mqtt_sub has items/);
  });

  it('refuses another source, target, table or option, and leaves the checkpoint', async () => {
    await stopped();
    const saved = readFileSync(at('import.checkpoint'), 'utf8');
    writeFileSync(at('items'), text(subs.toReversed()));
    await refused({ resume: true }, 'E_MISMATCH', /with other content/);
    await refused({}, 'E_MISMATCH', /belongs to an unfinished import of/);
    writeFileSync(at('items'), text(subs));
    await refused({ resume: true, merge: true }, 'E_MISMATCH', /--merge false, this run has true/);
    await refused(
      { resume: true, tables: ['mqtt_client'] },
      'E_MISMATCH',
      /tables \["mqtt_sub"\], this run has \["mqtt_client"\]/,
    );
    await refused({}, 'E_UNFINISHED', /was not finished/);
    expect(readFileSync(at('import.checkpoint'), 'utf8')).toBe(saved);
    await run({ restart: true, merge: true });
  });

  it('refuses a table that was dropped and made again', async () => {
    const TableName = 'again';
    const define = async () => {
      const KeySchema = [{ AttributeName: 'clientid', KeyType: 'HASH' as const }];
      const AttributeDefinitions = [{ AttributeName: 'clientid', AttributeType: 'S' as const }];
      await createTable(dynamo, { TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' });
      await waitUntilActive(dynamo, TableName);
    };
    await define();
    const stop = new AbortController();
    const own = { ...options(), tables: [TableName], signal: stop.signal };
    await expect(runImport(stoppingAt(dynamo, { how: 'signal', write: 2 }, stop), own)).rejects.toThrow('stopped');
    await deleteTable(dynamo, TableName);
    await waitUntilGone(dynamo, TableName, { waitMs: 5_000, signal: new AbortController().signal });
    const definitions = [{ TableName, KeySchema: [], AttributeDefinitions: [] }];
    await refused({ resume: true, tables: [TableName], create: true, definitions }, 'E_MISMATCH', /again, which is not there/);
    await define();
    await refused({ resume: true, tables: [TableName] }, 'E_MISMATCH', /recreated/);
    await deleteTable(dynamo, TableName);
  });

  it('refuses a checkpoint that is damaged or something else', async () => {
    await stopped();
    const saved = readFileSync(at('import.checkpoint'), 'utf8');
    writeFileSync(at('import.checkpoint'), saved.replace('"lines":1', '"lines":2'));
    await refused({ resume: true }, 'E_CHECKPOINT', /is damaged, or not a checkpoint of an import/);
    writeFileSync(at('import.checkpoint'), '{"checkpoint":2}');
    await refused({ resume: true }, 'E_USAGE', /exists and is not a checkpoint/);
  });

  it('after the end has nothing left to do', async () => {
    await run();
    const notices: string[] = [];
    const { tables, writer } = await run({ resume: true, notice: (sentence) => notices.push(sentence) });
    expect(notices).toEqual([expect.stringContaining('was already imported to its end')]);
    expect([tables[0]?.read, writer.tables]).toEqual([30, { mqtt_sub: { put: 30, update: 0, delete: 0 } }]);
    await refused({}, 'E_NOT_EMPTY', /mqtt_sub/);
  });
});

it('two imports with one checkpoint do not run at once', async () => {
  const lock = await acquireLock({ path: `${at('import.checkpoint')}.lock`, what: 'x', command: 'import', waitMs: 0 });
  await refused({}, 'E_LOCKED', /is in use by/);
  await lock.release();
  await run();
  expect(existsSync(`${at('import.checkpoint')}.lock`)).toBe(false);
});

it('a file that changes after it was verified ends the import, and its checkpoint stays', async () => {
  const call: Dynamo['call'] = (operation, input, signal) => {
    // the first window is on its way when the rest is replaced
    if (operation === 'BatchWriteItem') writeFileSync(at('items'), `${text(subs.slice(0, 10))}{"Item":`);
    return dynamo.call(operation, input, signal);
  };
  const changing = Object.assign(Object.create(dynamo) as Dynamo, { call });
  const many = Array.from({ length: 40_000 }, (_, index): Item => ({ ...subs[0]!, clientid: s(`c${index}`) }));
  writeFileSync(at('items'), text(many));
  const error: unknown = await runImport(changing, { ...options(), window: { lines: 2_000, bytes: 1 << 20 } }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'E_INPUT_CHANGED' });
  expect(existsSync(at('import.checkpoint'))).toBe(true);
});
