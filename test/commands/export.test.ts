import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Export from '../../src/commands/export.ts';
import Import from '../../src/commands/import.ts';
import { n, s } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { deleteTable } from '../../src/dynamo/tables.ts';
import { filesBelow } from '../harness/export-run.ts';
import { fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const NOW = Date.UTC(2026, 9, 4, 9, 15);
const IDS = Array.from({ length: 30 }, (_, index) => idAt(NOW - index * 1_000, BigInt(index)));

let engine: MemoryEngine;
let dynamo: Dynamo;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  await createTables(dynamo, 'old_');
  await fillTables(dynamo, {
    mqtt_msg: IDS.map((id) => message(id, 'plant/a/temp', { sender: s('sensor-17') })),
    mqtt_topic_msg_map: [{ topic: s('plant/a/temp'), MsgId: { SS: IDS } }],
    mqtt_sub: [{ clientid: s('panel-1'), topic: s('plant/+/temp'), qos: n(1) }],
    mqtt_client: [{ clientid: s('panel-1'), connect_state: n(1), node: s('emqx@1'), online_at: n(1), offline_at: n(0) }],
    mqtt_acked: [{ topic: s('plant/a/temp'), clientid: s('panel-1'), msgid: s(IDS[0]!) }],
  });
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

let folder: { path: string; remove(): void };
let out: string;
beforeEach(() => {
  folder = temporaryFolder();
  out = join(folder.path, 'backup');
  return () => folder.remove();
});

const run = (...args: string[]) => runCommand(Export, args, { now: NOW });
const store = (...args: string[]) => run('--out', out, '--endpoint-url', engine.endpoint, ...args);
const verify = (...args: string[]) => run('--verify', out, ...args);
const dataOf = (table: string) => filesBelow(out).filter((path) => path.startsWith(`${table}/`) && path.endsWith('.gz'));
const linesOf = (table: string) =>
  dataOf(table).flatMap((path) =>
    gunzipSync(readFileSync(join(out, path)))
      .toString('utf8')
      .split('\n')
      .slice(0, -1),
  );

describe('export --out', () => {
  it('stores the six tables and says what was stored', async () => {
    const { code, stdout, stderr } = await store('--json');
    expect([code, stderr]).toEqual([0, expect.stringContaining('not a point-in-time snapshot')]);
    const { items, count } = JSON.parse(stdout) as { items: { table: string; itemCount: number }[]; count: number };
    expect(count).toBe(6);
    expect(items.map(({ table, itemCount }) => [table, itemCount])).toEqual([
      ['mqtt_msg', 30],
      ['mqtt_topic_msg_map', 1],
      ['mqtt_acked', 1],
      ['mqtt_client', 1],
      ['mqtt_sub', 1],
      ['mqtt_retain', 0],
    ]);
    expect(linesOf('mqtt_sub')).toEqual(['{"Item":{"clientid":{"S":"panel-1"},"topic":{"S":"plant/+/temp"},"qos":{"N":"1"}}}']);
  });

  it('stores the named tables alone, under their names without a prefix', async () => {
    expect(await store('mqtt_sub', '--table-prefix', 'old_', '-q')).toMatchObject({ code: 0, stderr: '' });
    const { tables } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      tables: { table: string; live: string }[];
    };
    expect(tables).toMatchObject([{ table: 'mqtt_sub', live: 'old_mqtt_sub' }]);
  });

  it('orders items by their keys, so that two exports of the same items differ in nothing but times and ids', async () => {
    await store('mqtt_msg', '--sorted', '--segments', '4', '-q');
    const first = linesOf('mqtt_msg');
    expect(first).toEqual(first.toSorted());
    rmSync(out, { recursive: true });
    await store('mqtt_msg', '--sorted', '-q');
    expect(linesOf('mqtt_msg')).toEqual(first);
  });

  it('hides clients, topics and payloads under a key, and what belongs together still does', async () => {
    const key = join(folder.path, 'redact.key');
    writeFileSync(key, 'a key of more than sixteen bytes\n');
    expect(await store('--redact', key)).toMatchObject({ code: 0 });
    const text = ['mqtt_msg', 'mqtt_sub', 'mqtt_client', 'mqtt_acked', 'mqtt_topic_msg_map'].flatMap(linesOf).join('\n');
    for (const secret of ['panel-1', 'sensor-17', 'plant', 'temp']) expect(text).not.toContain(secret);
    const [client, ack] = ['mqtt_client', 'mqtt_acked'].map((table) => /"clientid":\{"S":"(\w+)"/.exec(linesOf(table)[0]!)?.[1]);
    expect([client, ack]).toEqual([client, client]);
    expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toContain('"redacted": true');
    const told = /redacted: client ids, topics, senders and payloads are hashes/;
    expect((await run('--inspect', out)).stdout).toMatch(told);
    const looked = JSON.parse((await run('--inspect', out, '--json')).stdout) as { redacted: boolean; tables: object[] };
    expect(looked.redacted).toBe(true);
    expect(looked.tables[0]).toMatchObject({ kind: 'full', at: expect.any(String) as string, from: null, view: null });
    expect((await runCommand(Import, [out, '--dry-run', '--endpoint-url', engine.endpoint])).stderr).toMatch(told);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it.each([
    ['no mode', [], 'export needs one of'],
    ['two modes', ['--verify', 'x', '--out', 'y'], 'export needs one of'],
    ['tables to verify', ['mqtt_msg', '--verify', 'x'], '--verify takes all tables'],
    ['a key for other tables', ['other', '--out', 'y', '--redact', 'k'], '--redact knows the six tables'],
    ['a depth without --inspect', ['--verify', 'x', '--depth', '2'], 'depth'],
  ])('refuses %s', async (_case, args, sentence) => {
    expect(await run(...args, '--endpoint-url', engine.endpoint)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(sentence),
    });
  });

  it('refuses a missing table before it makes a folder', async () => {
    expect(await store('mqtt_msg', 'nowhere')).toMatchObject({ code: 4, stderr: expect.stringContaining('E_NO_TABLE') });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('leaves a folder alone that is no export, also with --force', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'letter.txt'), 'mine');
    for (const flags of [[], ['--force']]) {
      expect(await store(...flags)).toMatchObject({ code: 11, stderr: expect.stringContaining('is no export') as string });
    }
    expect(readFileSync(join(out, 'letter.txt'), 'utf8')).toBe('mine');
  });

  it('replaces an export with --force, whatever stands behind its name', async () => {
    await store('-q');
    expect(await store()).toMatchObject({ code: 11, stderr: expect.stringContaining('E_CONFIRM') as string });
    expect(await run('--out', `${out}/`, '--force', '--endpoint-url', engine.endpoint)).toMatchObject({ code: 0 });
    expect([(await verify()).code, readdirSync(folder.path)]).toEqual([0, ['backup']]);
    expect(await run('--out', '')).toMatchObject({ code: 2 });
  });

  it('refuses a place where no folder can be made', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    const args = ['--out', join(folder.path, 'file', 'x'), '--endpoint-url', engine.endpoint];
    expect(await run(...args)).toMatchObject({ code: 8, stderr: expect.stringContaining('E_OUTPUT') });
  });

  it('says that the table was replaced while it was read', async () => {
    await createTables(dynamo, 'gone_');
    const stop = setInterval(() => void deleteTable(dynamo, 'gone_mqtt_retain').catch(() => undefined), 1);
    const result = await store('--table-prefix', 'gone_').finally(() => clearInterval(stop));
    expect(result.code).not.toBe(0);
    expect(existsSync(out)).toBe(false);
  });
});

describe('export --verify', () => {
  beforeEach(() => store('-q', '--segments', '2'));

  it('proves a complete export, without a target', async () => {
    const { code, stdout, stderr } = await verify('--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { items: [], count: 0, tables: 6, files: 12, itemCount: 34 }]);
    expect(stderr).toContain('complete and undamaged: 6 tables, 34 items');
  });

  it('takes the folder of one table alone, as DynamoDB writes it', async () => {
    expect(await run('--verify', join(out, 'mqtt_msg'))).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 table, 30 items'),
    });
  });

  it.each([
    ['a byte that was changed', () => flip(dataOf('mqtt_msg')[0]!), 'its SHA-256 differs from manifest.json'],
    ['a file that is gone', () => rmSync(join(out, dataOf('mqtt_msg')[0]!)), 'is missing'],
    ['a file too many', () => writeFileSync(join(out, 'mqtt_msg/x'), ''), 'is not in manifest.json'],
    ['a .partial', () => writeFileSync(join(out, 'mqtt_msg/x.partial'), ''), 'of an export that was not finished'],
    ['another manifest', () => appendFileSync(join(out, manifestOf('mqtt_sub')), ' '), 'is not what manifest-summary.md5 says'],
    ['an altered manifest.json', () => replace('manifest.json', '"itemCount": 30', '"itemCount": 29'), 'its checksum is wrong'],
    ['a folder renamed', () => renameSync(join(out, 'mqtt_sub'), join(out, 'mqtt_bus')), 'is missing'],
  ])('names %s', async (_case, damage, what) => {
    damage();
    const { code, stdout } = await verify('--json');
    const { items } = JSON.parse(stdout) as { items: { file: string; what: string }[] };
    expect([code, items.map((item) => item.what)]).toEqual([1, expect.arrayContaining([expect.stringContaining(what)])]);
  });

  it('says what is wrong with a manifest.json, whatever the folder is called', async () => {
    replace('manifest.json', '"itemCount": 30', '"itemCount": 29');
    const spaced = join(folder.path, 'my first backup');
    renameSync(out, spaced);
    const { code, stdout } = await run('--verify', spaced, '--json');
    const { items } = JSON.parse(stdout) as { items: object[] };
    expect([code, items[0]]).toEqual([1, { file: 'manifest.json', what: 'is damaged: its checksum is wrong' }]);
  });

  it('refuses what is no export', async () => {
    expect(await run('--verify', join(folder.path, 'nowhere'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('E_INPUT'),
    });
    mkdirSync(join(folder.path, 'empty'));
    expect(await run('--verify', join(folder.path, 'empty'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is no export'),
    });
  });

  const manifestOf = (table: string) => filesBelow(out).find((path) => path.startsWith(table) && path.endsWith('summary.json'))!;

  function flip(path: string): void {
    const bytes = readFileSync(join(out, path));
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(join(out, path), bytes);
  }

  function replace(path: string, from: string, to: string): void {
    writeFileSync(join(out, path), readFileSync(join(out, path), 'utf8').replace(from, to));
  }
});

describe('export --inspect', () => {
  beforeEach(() => store('-q'));

  it('counts tables and topics', async () => {
    const { code, stdout } = await run('--inspect', out, '--json');
    const { tables, topics, note } = JSON.parse(stdout) as { tables: object[]; topics: object[]; note: string };
    expect([code, note]).toEqual([0, expect.stringContaining('not a point-in-time snapshot')]);
    expect(tables[0]).toMatchObject({
      table: 'mqtt_msg',
      items: 30,
      oldest: new Date(NOW - 29_000).toISOString(),
      newest: new Date(NOW).toISOString(),
    });
    expect(topics).toEqual([expect.objectContaining({ topic: 'plant/a/temp', ids: 30, subscribers: 1 })]);
  });

  it('draws a tree of topics', async () => {
    const { stdout } = await run('--inspect', out, '--depth', '1');
    expect(stdout).toMatch(/plant\/\s+1\s+30/);
  });

  it.each([
    ['--sorted', 'an export that is looked at is there already'],
    ['--restart', 'an export that is looked at is there already'],
  ])('%s is a usage error', async (argv, says) => {
    for (const mode of ['--inspect', '--verify']) {
      const { code, stderr, stdout } = await runCommand(Export, [mode, out, ...argv.split(' ')]);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(says)]);
    }
  });

  it('refuses an export that is not complete', async () => {
    rmSync(join(out, dataOf('mqtt_msg')[0]!));
    expect(await run('--inspect', out)).toMatchObject({ code: 4, stderr: expect.stringContaining('E_DUMP') });
  });
});
