import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Export from '../../src/commands/export.ts';
import Import from '../../src/commands/import.ts';
import { n, s, setOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { waitUntilActive } from '../../src/dynamo/table-waits.ts';
import { createTable } from '../../src/dynamo/tables.ts';
import { canonical, emptyTables, everything, fillTables, refillTables } from '../harness/fill-tables.ts';
import { filesBelow } from '../harness/export-run.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);

let engine: MemoryEngine;
let dynamo: Dynamo;
let folder: { path: string; remove(): void };
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
  return () => folder.remove();
});

const run = (args: string[], options: RunOptions = {}) => {
  const own = ['--checkpoint', at('c.checkpoint'), '--rejects', at('rejects.jsonl')];
  return runCommand(Import, [...args, '--endpoint-url', engine.endpoint, ...(args.includes('--rejects') ? [] : own)], {
    now: NOW,
    ...options,
  });
};

type Document = { items: Record<string, unknown>[]; [total: string]: unknown };

const done = async (args: string[], options: RunOptions = {}): Promise<Document> => {
  const { code, stdout, stderr } = await run([...args, '--json'], options);
  expect([code, stderr]).toEqual([0, stderr]);
  return JSON.parse(stdout) as Document;
};

const refused = async (args: string[], code: number, told: RegExp, options: RunOptions = {}) => {
  const before = await everything(dynamo);
  const ended = await run(args, options);
  expect(ended.stderr).toMatch(told);
  expect(ended.code).toBe(code);
  expect(await everything(dynamo)).toEqual(before);
};

const exported = async (name: string, tables: string[] = []) => {
  const out = at(name);
  const { code, stderr } = await runCommand(Export, [...tables, '--out', out, '--endpoint-url', engine.endpoint], { now: NOW });
  expect([code, stderr]).toEqual([0, stderr]);
  return out;
};

const ids = [1n, 2n, 3n].map((tail) => idAt(NOW, tail));
const hostile: Item = {
  payload: { B: 'AP/+Bw==' },
  number: { N: '12345678901234567890123456789012345678' },
  tiny: { N: '-1.5E-120' },
  empty: s(''),
  nul: s('a\u0000b\u2028\u2029"\\\ud83d\ude00'),
  yes: { BOOL: true },
  nothing: { NULL: true },
  texts: { SS: ['a', 'ü', ''] },
  numbers: { NS: ['1', '-0.5'] },
  bytes: { BS: ['AA==', '/w=='] },
  list: { L: [s(''), { M: {} }, { L: [n(1)] }] },
  map: { M: JSON.parse('{"__proto__":{"S":"x"},"constructor":{"N":"1"}}') as Item },
  constructor: s('c'),
  'toString\u2028': s('t'),
};
const rows = () => ({
  mqtt_msg: [message(ids[0]!, 'a/b', hostile), message(ids[1]!, 'a/b'), message(ids[2]!, 'c')],
  mqtt_topic_msg_map: [
    { topic: s('a/b'), MsgId: { SS: [ids[0]!, ids[1]!] } },
    { topic: s('c'), MsgId: { SS: [ids[2]!] } },
  ],
  mqtt_sub: [{ clientid: s('__proto__'), topic: s('#'), qos: n(1) }],
  mqtt_client: [{ clientid: s('c1'), connect_state: n(1), node: s('n'), online_at: n(1), offline_at: n(0) }],
  mqtt_retain: [message(ids[0]!, 'a/b', { retain: n(1) })],
  mqtt_acked: [{ topic: s('a/b'), clientid: s('c1'), msgid: s(ids[0]!) }],
});

describe('import of an export', () => {
  it('brings every attribute back, beside the tables that are there', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    const { items, ...totals } = await done([out, '--table-prefix', 'beside-', '--create']);
    expect(items.map(({ table, items: read, applied }) => [table, read, applied])).toEqual([
      ['beside-mqtt_msg', 3, 3],
      ['beside-mqtt_topic_msg_map', 2, 2],
      ['beside-mqtt_acked', 1, 1],
      ['beside-mqtt_client', 1, 1],
      ['beside-mqtt_sub', 1, 1],
      ['beside-mqtt_retain', 1, 1],
    ]);
    expect(totals).toMatchObject({ read: 9, applied: 9, superseded: 0, skipped: 0, rejected: 0, checkpoint: at('c.checkpoint') });
    expect(await everything(dynamo, 'beside-')).toEqual(await everything(dynamo));
    expect(existsSync(at('rejects.jsonl'))).toBe(false);
    expect(readdirSync(folder.path).sort()).toEqual(['c.checkpoint', 'out']);
    // done: a second run with --resume has nothing to do
    expect(await done([out, '--table-prefix', 'beside-', '--resume'])).toMatchObject({ read: 9, applied: 9 });
  });

  it('takes the tables that are named', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await emptyTables(dynamo);
    expect((await done([out, 'mqtt_sub', 'mqtt_acked'])).items).toHaveLength(2);
    expect(await scanAll(dynamo, 'mqtt_sub')).toEqual(rows().mqtt_sub);
    expect(await scanAll(dynamo, 'mqtt_msg')).toEqual([]);
    await refused([out, 'mqtt_subs'], 2, /E_USAGE: the export has no table mqtt_subs. Did you mean mqtt_sub\?/);
  });

  it('takes other tables than those of the backend', async () => {
    await createTable(dynamo, {
      TableName: 'other',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'B' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    });
    await waitUntilActive(dynamo, 'other');
    const items = Array.from({ length: 60 }, (_, index): Item => ({ pk: { B: 'AA==' }, sk: n(index), text: s(`t${index}`) }));
    for (const item of items) await dynamo.call('PutItem', { TableName: 'other', Item: item });
    const out = await exported('out', ['other']);
    await done([out, '--create', '--table-prefix', 'new-']);
    expect(await scanAll(dynamo, 'new-other')).toEqual(items);
    await refused([out, '--table-prefix', 'none-'], 4, /E_NO_TABLE: none-other not found .* Have it created with --create/);
  });

  it('refuses a damaged one, each fault by name, and writes nothing', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await emptyTables(dynamo);
    const data = filesBelow(out).filter((file) => file.includes('/data/'));
    const [first = ''] = data.filter((file) => file.startsWith('mqtt_msg/'));
    const whole = readFileSync(join(out, first));
    writeFileSync(join(out, first), whole.subarray(0, whole.length - 3));
    writeFileSync(join(out, 'extra.txt'), '');
    await refused([out], 4, new RegExp(`E_DUMP: extra.txt: is not in manifest.json[^]*${basename(first)}`));
    expect(existsSync(at('c.checkpoint'))).toBe(false);
  });

  it('refuses one that was not finished', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    writeFileSync(join(out, 'state.json'), '{}');
    await refused([out, '--merge'], 4, /E_DUMP: state.json: is of an export that was not finished/);
  });

  it('refuses a table with items, unless --merge is given', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await refused([out], 11, /E_NOT_EMPTY: mqtt_msg, mqtt_topic_msg_map, .* have items/);
    await refillTables(dynamo, { mqtt_retain: rows().mqtt_retain });
    await refused([out], 11, /E_NOT_EMPTY: mqtt_retain has items/);
    await done([out, '--merge']);
    expect(await scanAll(dynamo, 'mqtt_msg')).toHaveLength(3);
  });

  it('refuses a table with other keys', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await createTable(dynamo, {
      TableName: 'v5-mqtt_msg',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    await waitUntilActive(dynamo, 'v5-mqtt_msg');
    const conflict = /E_SCHEMA_CONFLICT: v5-mqtt_msg has key \(id HASH\) .*, the source has \(msgid HASH\)/;
    await refused([out, 'mqtt_msg', '--table-prefix', 'v5-'], 11, conflict);
    await refused([out, 'mqtt_msg', '--table-prefix', 'v5-', '--merge', '--dry-run'], 11, conflict);
  });

  it('keeps, with --merge, the ids that a broker has stored since', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    const live = idAt(NOW + 5, 9n);
    const odd: Item = { topic: s('c'), MsgId: { SS: [live] }, more: n(1) };
    await refillTables(dynamo, { mqtt_topic_msg_map: [{ topic: s('a/b'), MsgId: { SS: [ids[1]!, live] } }, odd] });
    await done([out, '--merge']);
    const map = new Map((await scanAll(dynamo, 'mqtt_topic_msg_map')).map((item) => [JSON.stringify(item['topic']), item]));
    expect([...setOf(map.get('{"S":"a/b"}')!, 'MsgId')].sort()).toEqual([ids[0]!, ids[1]!, live].sort());
    expect(canonical(map.get('{"S":"c"}')!)).toBe(canonical({ ...odd, MsgId: { SS: [ids[2]!, live] } }));
  });

  it('says in a dry run what it would write and to what, and makes no call that changes anything', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await refillTables(dynamo, { mqtt_sub: rows().mqtt_sub });
    const before = await everything(dynamo);
    const { code, stdout, stderr } = await run([out, '--dry-run', '--max-wcu', '2', '--json', '--merge']);
    expect(code).toBe(0);
    const { items } = JSON.parse(stdout) as Document;
    expect(items[0]).toMatchObject({
      table: 'mqtt_msg',
      status: 'empty',
      items: 3,
      put: 3,
      update: 0,
      delete: 0,
      writeUnits: 3,
      seconds: 2,
    });
    expect(items[1]).toMatchObject({ table: 'mqtt_topic_msg_map', items: 2, put: 0, update: 2 });
    expect(items[4]).toMatchObject({ table: 'mqtt_sub', status: 'has items' });
    expect(stderr).toContain('dry run: nothing was written');
    const other = await run([out, '--dry-run', '--table-prefix', 'none-', '--create', '--json']);
    expect((JSON.parse(other.stdout) as Document).items.map(({ status }) => status)).toEqual(Array(6).fill('missing'));
    expect(await everything(dynamo)).toEqual(before);
    expect(readdirSync(folder.path)).toEqual(['out']);
  });

  it('does not write its files into what it reads', async () => {
    await fillTables(dynamo, rows());
    const out = await exported('out');
    await refused([out, '--merge', '--rejects', join(out, 'r.jsonl')], 2, /would stand in the export/);
  });
});

it('flags of one kind of import are refused by the other', async () => {
  const told = async (args: string[]) => (await runCommand(Import, [...args, '--endpoint-url', engine.endpoint])).stderr;
  expect(await told([])).toMatch(/E_USAGE: what from\?/);
  expect(await told(['--native', 's3://b/x', '--merge'])).toMatch(/E_USAGE: --merge does not go with --native/);
  expect(await told(['--bulk', 's3://b/x', '--dry-run'])).toMatch(/E_USAGE: --dry-run does not go with --bulk/);
  expect(await told(['--native', 's3://b/x', '--restart'])).toMatch(/E_USAGE: --restart does not go with --native/);
  expect(await told(['backup', '--no-wait'])).toMatch(/E_USAGE: --no-wait needs --native or --bulk/);
  expect(await told(['backup', '--dry-run', '--resume'])).toMatch(/E_USAGE: .*a dry run begins at the first item/);
});
