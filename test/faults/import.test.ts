import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { n, s } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { waitUntilActive } from '../../src/dynamo/table-waits.ts';
import { createTable } from '../../src/dynamo/tables.ts';
import { expectEnd, start, type Exited, type Spawned, type SpawnOptions } from '../harness/built.ts';
import { filesBelow, runExport } from '../harness/export-run.ts';
import { chance, FaultProxy } from '../harness/fault-proxy.ts';
import { emptyTables, everything, fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { ROOT, temporaryFolder } from '../harness/run-command.ts';
import { SEED } from '../harness/seed.ts';

const KILLS = Number(process.env['MQDYN_TEST_KILLS'] ?? 2);
const PRELOAD = ['--import', pathToFileURL(join(ROOT, 'test/harness/kill-at.js')).href];
const TABLES = ['mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain'];

let engine: MemoryEngine;
let dynamo: Dynamo;
let proxy: FaultProxy;
let folder: { path: string; remove(): void };
let whole: string[];
const source = temporaryFolder();
const exported = join(source.path, 'exported');
const lines = join(source.path, 'lines');

const ids = Array.from({ length: 6_000 }, (_, index) => idAt(1_700_000_000_000, BigInt(index)));
const rows = {
  mqtt_msg: ids.map((id, index) => message(id, `t/${index % 50}`)),
  mqtt_topic_msg_map: Array.from({ length: 50 }, (_, topic) => ({
    topic: s(`t/${topic}`),
    MsgId: { SS: ids.filter((__, index) => index % 50 === topic) },
  })),
  mqtt_retain: [message(ids[0]!, 'r', { retain: n(1) })],
};

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  await fillTables(dynamo, rows);
  whole = await everything(dynamo);
  await runExport(dynamo, { folder: exported, tables: TABLES, fileLength: 200_000 });
  // one item in a thousand is too large
  const items = rows.mqtt_msg.map((item, index) => (index % 1_000 === 500 ? { ...item, payload: s('x'.repeat(410_000)) } : item));
  writeFileSync(lines, items.map((Item) => `${JSON.stringify({ Item })}\n`).join(''));
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  source.remove();
});
beforeEach(async () => {
  proxy = await FaultProxy.start(engine.endpoint);
  folder = temporaryFolder();
  await emptyTables(dynamo);
});
afterEach(async () => {
  await proxy.stop();
  folder.remove();
});

const checkpoint = () => join(folder.path, 'i.checkpoint');
const rejects = () => join(folder.path, 'i.rejects.jsonl');

function run(args: readonly string[], options: SpawnOptions = {}): Spawned {
  const files = ['--checkpoint', checkpoint(), '--rejects', rejects(), ...(existsSync(checkpoint()) ? ['--resume'] : [])];
  return start(['import', ...args, '--json', ...files, '--endpoint-url', proxy.url, '--region', 'local'], options);
}

const refusal = async (ended: Promise<Exited>, code: number, told: RegExp) => {
  const before = await everything(dynamo);
  expect((await expectEnd(ended, code)).stderr).toMatch(told);
  expect(await everything(dynamo)).toEqual(before);
  expect([existsSync(checkpoint()), existsSync(rejects())]).toEqual([false, false]);
};

it('B1 a damaged export is refused by name, and nothing is written', async () => {
  const file = join(
    exported,
    filesBelow(exported).find((name) => /mqtt_msg.*data/.test(name))!,
  );
  const bytes = readFileSync(file);
  try {
    writeFileSync(file, bytes.with(100, (bytes[100]! + 1) & 255));
    await refusal(run([exported]).ended, 4, /E_DUMP[^]*\.json\.gz/);
    writeFileSync(join(exported, 'state.json'), '{}');
    await refusal(run([exported, '--merge']).ended, 4, /E_DUMP[^]*state\.json: is of an export that was not finished/);
  } finally {
    writeFileSync(file, bytes);
    rmSync(join(exported, 'state.json'), { force: true });
  }
});

it('B2 a table with items is refused without --merge', async () => {
  await fillTables(dynamo, { mqtt_retain: rows.mqtt_retain });
  await refusal(run([exported]).ended, 11, /E_NOT_EMPTY[^]*mqtt_retain has items/);
});

it('B3 a table with another key is refused, and both keys are shown', async () => {
  await createTable(dynamo, {
    TableName: 'v5-mqtt_retain',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await waitUntilActive(dynamo, 'v5-mqtt_retain');
  const args = [exported, 'mqtt_retain', '--table-prefix', 'v5-', '--merge'];
  await refusal(run(args).ended, 11, /E_SCHEMA_CONFLICT[^]*\(id HASH\)[^]*\(topic HASH\)/);
});

/** Goes on until the end; the export is in the tables, or of the lines every one that is not too large, and no reject twice. */
async function expectWhole(args: readonly string[], code: number): Promise<void> {
  proxy.watch = undefined;
  const { stdout } = await expectEnd(run(args).ended, code);
  if (code === 0) {
    expect(await everything(dynamo)).toEqual(whole);
    expect(existsSync(rejects())).toBe(false);
    return;
  }
  const rejected = readFileSync(rejects(), 'utf8').trim().split('\n');
  expect(rejected.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([501, 1_501, 2_501, 3_501, 4_501, 5_501]);
  expect(JSON.parse(stdout)).toMatchObject({ read: 6_000, applied: 5_994, rejected: 6 });
  expect(await everything(dynamo)).toHaveLength(5_994);
}

const ALL_POINTS = [
  ['link:lock:after:1'],
  ['open:rejects:before:1'],
  ['open:rejects:after:1'],
  ...['write:rejects', 'sync:rejects', 'writeFile:temporary', 'rename:temporary'].flatMap((at) => [
    [`${at}:before:1`],
    [`${at}:after:1`],
    [`${at}:before:2`],
  ]),
  ['rename:temporary:after:3'],
  ['close:rejects:before:1'],
];
const FEW = new Set(['rename:temporary:after:3']);
const POINTS = ALL_POINTS.filter(([point]) => KILLS >= 10 || FEW.has(point!));

describe('B6 kill -9 of an import, then --resume', () => {
  it.each(POINTS)('at %s', async (point) => {
    const killed = await run([lines, 'mqtt_msg'], { env: { MQDYN_TEST_KILL_AT: point }, node: PRELOAD }).ended;
    expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', killed.stderr]);
    await expectWhole([lines, 'mqtt_msg'], 3);
  });

  it(`at ${KILLS} random moments, resumed runs too`, async () => {
    let kills = 0;
    for (let round = 0; kills < KILLS && round < 2 * KILLS + 2; round += 1) {
      const { child, ended } = run([exported]);
      const number = 1 + Math.floor(chance(SEED, 2 * round) * 60);
      let writes = 0;
      proxy.watch = (_at, { operation }) => {
        if (/BatchWriteItem|UpdateItem/.test(operation) && (writes += 1) === number) {
          void delay(chance(SEED, 2 * round + 1) * 5).then(() => child.kill('SIGKILL'));
        }
      };
      const { signal, code, stderr } = await ended;
      if (signal === 'SIGKILL') kills += 1;
      else expect([code, stderr]).toEqual([0, stderr]);
    }
    expect(kills, `seed ${SEED}`).toBeGreaterThan(0);
    await expectWhole([exported], 0);
  }, 1_200_000);

  it('B6 an import that is interrupted says how to go on', async () => {
    const { child, ended } = run([exported]);
    let writes = 0;
    proxy.watch = (_at, { operation }) => {
      if (operation === 'BatchWriteItem' && (writes += 1) === 3) child.kill('SIGINT');
    };
    const { signal, stderr } = await ended;
    expect([signal, stderr]).toEqual(['SIGINT', expect.stringMatching(/stopped; read \d+ = .*; continue with --resume/)]);
    await expectWhole([exported], 0);
  });

  it('B6 an endpoint that throttles for good ends an import, which goes on later', async () => {
    let calls = 0;
    proxy.plan = ({ operation }) =>
      operation === 'BatchWriteItem' && (calls += 1) > 40
        ? { kind: 'error', name: 'ProvisionedThroughputExceededException' }
        : undefined;
    const { stderr } = await expectEnd(run([exported, '--retry-for', '1s']).ended, 5);
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({
      error: { code: 'E_THROTTLED', hint: expect.stringContaining('--resume') as string },
    });
    proxy.plan = () => undefined;
    await expectWhole([exported], 0);
  });
});
