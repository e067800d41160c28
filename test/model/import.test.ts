import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MqdynError } from '../../src/domain/errors.ts';
import { n, s, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { createTable, deleteTable } from '../../src/dynamo/tables.ts';
import { waitUntilActive } from '../../src/dynamo/table-waits.ts';
import { alterations } from '../harness/alter.ts';
import { anyItem } from '../harness/any-item.ts';
import { awsExport } from '../harness/aws-export.ts';
import { filesBelow, runExport } from '../harness/export-run.ts';
import { emptyTables, everything, fillTables } from '../harness/fill-tables.ts';
import { rejectsIn, runImport } from '../harness/import-run.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { Killed, stoppingAt, type Ending } from '../harness/stopping-dynamo.ts';

/** Cases of each property: a thousand in CI at length. */
const CASES = Number(process.env['MQDYN_TEST_IMPORTS'] ?? 10);

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

/** A connection that counts calls which change something. */
function counting(): { dynamo: Dynamo; writes: () => number } {
  let writes = 0;
  const call: Dynamo['call'] = (operation, input, signal) => {
    if (!/^(?:Scan|Query|GetItem|BatchGetItem)$/.test(operation)) writes += 1;
    return dynamo.call(operation, input, signal);
  };
  return { dynamo: Object.assign(Object.create(dynamo) as Dynamo, { call }), writes: () => writes };
}

const ids = Array.from({ length: 60 }, (_, index) => idAt(1_700_000_000_000, BigInt(index)));
const rows = () => ({
  mqtt_msg: ids.map((id, index) => message(id, `t/${index % 7}`)),
  mqtt_topic_msg_map: Array.from({ length: 7 }, (_, topic) => ({
    topic: s(`t/${topic}`),
    MsgId: { SS: ids.filter((__, index) => index % 7 === topic) },
  })),
  mqtt_sub: Array.from({ length: 9 }, (_, index) => ({ clientid: s(`c${index}`), topic: s('#'), qos: n(1) })),
});
const TABLES = Object.keys(rows());

describe('any table', () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 4 }),
    // the engine takes no __proto__ as a name
    fc.constantFrom('constructor', 'toString', 'a\u2028b', '"', '\u0000'),
  );
  const items = fc
    .array(fc.tuple(fc.constantFrom('a', 'ü', '__proto__', '\u0000'), anyItem(name)), { maxLength: 40 })
    .map((all) => all.map(([pk, rest], index): Item => ({ ...rest, pk: s(pk), sk: n(index) })));
  const define = async (TableName: string) => {
    await createTable(dynamo, {
      TableName,
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
    await waitUntilActive(dynamo, TableName);
  };

  it('is as it was after an export and an import', async () => {
    let tables = 0;
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 30 }), fc.boolean(), async (all, lines, merge) => {
        const table = `any${(tables += 1)}`;
        await define(table);
        for (const item of all) await dynamo.call('PutItem', { TableName: table, Item: item });
        await runExport(dynamo, { folder: at(table), tables: [table], fileLength: 500 });
        const liveName = (each: string) => `r-${each}`;
        await define(liveName(table));
        const own = temporaryFolder();
        const { tables: counts } = await runImport(dynamo, {
          from: at(table),
          folder: own.path,
          window: { lines, bytes: 1 << 20 },
          merge,
          liveName,
        });
        expect(counts.map(({ read, applied }) => [read, applied])).toEqual(all.length === 0 ? [] : [[all.length, all.length]]);
        expect(await everything(dynamo, 'r-', [table])).toEqual(await everything(dynamo, '', [table]));
        await deleteTable(dynamo, table);
        await deleteTable(dynamo, liveName(table));
        rmSync(at(table), { recursive: true });
        own.remove();
      }),
      { numRuns: CASES },
    );
  });
});

describe('a damaged export', () => {
  /** How a file is damaged; undefined where that leaves it as it was. */
  type Damage = (path: string, seed: number, text: string) => void;
  const flipped: Damage = (path, seed) => {
    const bytes = readFileSync(path);
    if (bytes.length === 0) return writeFileSync(path, 'x');
    bytes[seed % bytes.length]! ^= 1 << (seed % 8);
    writeFileSync(path, bytes);
  };
  const cut: Damage = (path, seed) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.length === 0 ? 'x' : bytes.subarray(0, seed % bytes.length));
  };
  const inserted: Damage = (path, seed, text) => {
    const bytes = readFileSync(path);
    const where = seed % (bytes.length + 1);
    writeFileSync(path, Buffer.concat([bytes.subarray(0, where), Buffer.from(text === '' ? 'x' : text), bytes.subarray(where)]));
  };
  const removed: Damage = (path) => rmSync(path);
  /** Lines twice, or one of them gone, in a file that is whole in itself. */
  const lines: Damage = (path, seed) => {
    if (!path.endsWith('.gz')) return inserted(path, seed, '{}');
    const all = gunzipSync(readFileSync(path)).toString('utf8').split('\n').slice(0, -1);
    const where = seed % (all.length + 1);
    const other = seed % 2 === 0 ? all.toSpliced(where, 1) : [...all, all[where] ?? '{"Item":{}}'];
    writeFileSync(path, gzipSync(other.map((line) => `${line}\n`).join(''), { level: 1 }));
  };
  const altered: Damage = (path, seed) => {
    if (!path.endsWith('.json') || path.endsWith('manifest-files.json')) return flipped(path, seed, '');
    const [text] = fc.sample(alterations(readFileSync(path, 'utf8')), { numRuns: 1, seed });
    writeFileSync(path, text!);
  };
  const DAMAGES = { flipped, cut, inserted, removed, lines, altered };

  beforeAll(async () => {
    await fillTables(dynamo, rows());
    await runExport(dynamo, { folder: at('whole'), tables: TABLES, fileLength: 2_000 });
    await createTables(dynamo, 'd-');
    awsExport(at('aws'), { table: 'mqtt_msg', lines: rows().mqtt_msg.map((Item) => ({ Item })), files: 3 });
  });

  const refused = async (from: string): Promise<MqdynError | undefined> => {
    const own = temporaryFolder();
    const { dynamo: watched, writes } = counting();
    const ended = await runImport(watched, { from, folder: own.path, liveName: (table) => `d-${table}` }).catch(
      (error: unknown) => error,
    );
    own.remove();
    if (!(ended instanceof MqdynError)) return undefined;
    expect(writes()).toBe(0);
    return ended;
  };
  const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

  it.each(['whole', 'aws'])('is refused by name before the first write: %s', async (kind) => {
    const files = filesBelow(at(kind)).filter((file) => file !== '_started');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.constantFrom(...Object.keys(DAMAGES)),
        fc.nat(),
        fc.string(),
        async (file, how, seed, text) => {
          // what DynamoDB's own manifests prove whole needs no other
          fc.pre(!(file === 'manifest.json' && how === 'removed'));
          const copy = at('copy');
          rmSync(copy, { recursive: true, force: true });
          cpSync(at(kind), copy, { recursive: true });
          DAMAGES[how as keyof typeof DAMAGES](join(copy, file), seed, text);
          if (how !== 'removed' && digest(join(copy, file)) === digest(join(at(kind), file))) return;
          if (file === 'manifest.json' && sameJson(join(copy, file), join(at(kind), file))) return;
          const error = await refused(copy);
          // without its summary a folder is no export
          const isNone = how === 'removed' && file.endsWith('manifest-summary.json') && kind === 'aws';
          expect(error?.code, `${how} ${file}`).toMatch(isNone ? /^E_INPUT$/ : /^E_(?:DUMP|FORMAT)$/);
          const named = basename(file).replace(/\.(?:json|md5)$/, '');
          expect([error?.message, ...(error?.detail ?? [])].join('\n'), how).toContain(named);
        },
      ),
      { numRuns: CASES },
    );
  });

  it('is refused where a file was added anywhere', async () => {
    const folders = [...new Set(filesBelow(at('whole')).map((file) => join(file, '..')))];
    for (const where of folders) {
      const copy = at('copy');
      rmSync(copy, { recursive: true, force: true });
      cpSync(at('whole'), copy, { recursive: true });
      writeFileSync(join(copy, where, 'added.json.gz'), '');
      expect((await refused(copy))?.message).toContain('added.json.gz');
    }
  });
});

/** JSON whose members are the same; spaces between them say nothing. */
function sameJson(a: string, b: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(readFileSync(a, 'utf8')), JSON.parse(readFileSync(b, 'utf8')));
  } catch {
    return false;
  }
}

describe('an import that is killed or stopped again and again', () => {
  const large = message(idAt(1, 1n), 'large', { payload: s('x'.repeat(420_000)) });
  const liveName = (table: string) => `k-${table}`;
  const lines = () => [...rows().mqtt_msg.slice(0, 20), large, ...rows().mqtt_msg.slice(20), { ...large, msgid: s('other') }];
  const endings = fc.array(
    fc.record({
      how: fc.constantFrom<Ending['how']>('signal', 'kill-before', 'kill-after'),
      write: fc.integer({ min: 1, max: 12 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  let sources: Readonly<Record<string, string>>;

  beforeAll(async () => {
    await createTables(dynamo, 'k-');
    await runExport(dynamo, { folder: at('killed'), tables: TABLES, fileLength: 2_000 });
    writeFileSync(
      at('lines'),
      lines()
        .map((Item) => `${JSON.stringify({ Item })}\n`)
        .join(''),
    );
    sources = { export: at('killed'), lines: at('lines') };
  });

  const once = async (kind: string, merge: boolean, folders: string, all: readonly (Ending | undefined)[]) => {
    await emptyTables(dynamo, 'k-');
    const from = sources[kind]!;
    for (const [run, ending] of all.entries()) {
      const stop = new AbortController();
      const options = {
        from,
        folder: folders,
        window: { lines: 7, bytes: 1 << 20 },
        merge,
        liveName,
        resume: run > 0,
        signal: stop.signal,
        tables: kind === 'lines' ? ['mqtt_msg'] : [],
      };
      const ended = await runImport(stoppingAt(dynamo, ending, stop), options).catch((error: unknown) => {
        if (stop.signal.aborted || isKilled(error)) return undefined;
        throw error;
      });
      if (ended === undefined) {
        // a process that was killed leaves its lock, which the next one takes over
        rmSync(join(folders, 'import.checkpoint.lock'), { force: true });
        continue;
      }
      return { tables: ended.tables, state: await everything(dynamo, 'k-', TABLES), rejects: rejectsIn(folders) };
    }
    throw new Error('it never ended');
  };
  it.each(['export', 'lines'])('leaves the same tables, and rejects nothing twice: %s', async (kind) => {
    const undisturbed = temporaryFolder();
    const whole = new Map<boolean, Awaited<ReturnType<typeof once>>>();
    for (const merge of [true, false]) {
      whole.set(merge, await once(kind, merge, undisturbed.path, [undefined]));
      undisturbed.remove();
      mkdirSync(undisturbed.path);
    }
    undisturbed.remove();
    expect(whole.get(true)?.rejects).toHaveLength(kind === 'lines' ? 2 : 0);
    expect(whole.get(true)?.state).toEqual(whole.get(false)?.state);
    await fc.assert(
      fc.asyncProperty(endings, fc.boolean(), async (all, merge) => {
        const own = temporaryFolder();
        const ended = await once(kind, merge, own.path, [...all, undefined]);
        expect(ended).toEqual(whole.get(merge));
        own.remove();
      }),
      { numRuns: Math.max(10, CASES / 2) },
    );
  });
});

function isKilled(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && isKilled(error.cause));
}
