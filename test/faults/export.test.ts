import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { s } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { start } from '../harness/built.ts';
import { filesBelow, linesBelow } from '../harness/export-run.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { ROOT, temporaryFolder } from '../harness/run-command.ts';

const KILLS = Number(process.env['MQDYN_TEST_KILLS'] ?? 2);
const PRELOAD = ['--import', pathToFileURL(join(ROOT, 'test/harness/kill-at.js')).href];
/** Each point starts the program several times, so only a few run by default; all of them with MQDYN_TEST_KILLS of 10 or more. */
const EVERY_POINT = KILLS >= 10;

let engine: MemoryEngine;
let proxy: FaultProxy;
let dynamo: Dynamo;
let folder: { path: string; remove(): void };
let out: string;

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  const ids = Array.from({ length: 900 }, (_, index) => idAt(Date.UTC(2026, 1, 1), BigInt(index)));
  await fillTables(dynamo, {
    mqtt_msg: ids.map((id) => message(id, 'plant/a', { payload: s('x'.repeat(3_000)) })),
    mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: ids } }],
  });
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(async () => {
  proxy = await FaultProxy.start(engine.endpoint);
  folder = temporaryFolder();
  out = join(folder.path, 'backup');
});
afterEach(async () => {
  await proxy.stop();
  folder.remove();
});

function run(args: string[], { env = {}, node = [] as string[] } = {}) {
  const target = ['--endpoint-url', proxy.url, '--region', 'local'];
  return start(['export', 'mqtt_msg', 'mqtt_topic_msg_map', '--out', out, ...args, ...target], { env, node });
}

/** What is in the export as an uninterrupted run stores it. */
async function expectWhole(): Promise<void> {
  const verified = await start(['export', '--verify', out]).ended;
  expect([verified.code, verified.stderr]).toEqual([0, expect.stringContaining('2 tables, 901 items')]);
  expect(linesBelow(out)).toHaveLength(901);
  expect(new Set(linesBelow(out)).size).toBe(901);
  expect(filesBelow(folder.path).filter((path) => !/^backup(\/|\.lock$)/.test(path))).toEqual([]);
}

const POINTS = [
  ...['open', 'write', 'sync', 'close', 'rename'].flatMap((at) => [`${at}:data:before:1`, `${at}:data:after:2`]),
  ...['writeFile', 'sync', 'rename'].flatMap((at) => [`${at}:state:before:1`, `${at}:state:after:1`, `${at}:state:before:3`]),
  ...[1, 3, 5, 8, 9].flatMap((count) => [`rename:manifest:before:${count}`, `rename:manifest:after:${count}`]),
  'rm:state:before:1',
  'rm:state:after:1',
  'rename:export:before:1',
  'rename:export:after:1',
];
const FEW = [
  'rename:data:after:2',
  'rename:state:before:3',
  'rename:manifest:after:5',
  'rm:state:after:1',
  'rename:export:before:1',
];

it.each(EVERY_POINT ? POINTS : FEW)('an export that is killed at %s goes on to a whole one', async (point) => {
  const killed = await run([], { env: { MQDYN_TEST_KILL_AT: point }, node: PRELOAD }).ended;
  expect([point, killed.signal]).toEqual([point, 'SIGKILL']);
  if (!existsSync(out)) {
    const resumed = await run(['--resume']).ended;
    expect([resumed.code, resumed.stderr]).toEqual([0, resumed.stderr]);
  }
  await expectWhole();
});

it('an export that is interrupted says how to go on, and has no name until it is whole', async () => {
  proxy.plan = ({ operation }) => (operation === 'Scan' ? { kind: 'slow', ms: 300 } : undefined);
  const running = run([]);
  while (!proxy.history.some(({ operation }) => operation === 'Scan')) await new Promise((resolve) => setTimeout(resolve, 10));
  running.child.kill('SIGINT');
  const { signal, stderr } = await running.ended;
  expect([signal, stderr]).toEqual(['SIGINT', expect.stringContaining('stopped; continue with --resume')]);
  expect(existsSync(out)).toBe(false);
  proxy.plan = () => undefined;
  expect((await run(['--resume']).ended).code).toBe(0);
  await expectWhole();
});

it('E20 one segment that fails for good is named, and nothing gets the name of the export', async () => {
  proxy.plan = ({ operation, index }) =>
    operation === 'Scan' && index > 6 ? { kind: 'error', name: 'InternalServerError', status: 500 } : undefined;
  const { code, stderr } = await run(['--segments', '3', '--retry-for', '1s']).ended;
  expect([code, stderr]).toEqual([5, expect.stringMatching(/segment \d of 3 of mqtt_msg/)]);
  expect(stderr).toContain('--resume');
  expect(existsSync(out)).toBe(false);
  proxy.plan = () => undefined;
  expect((await run(['--segments', '3', '--resume']).ended).code).toBe(0);
  await expectWhole();
});

it('pages that are throttled, cut off or reset cost time and no item', async () => {
  const faults = [
    { kind: 'error', name: 'ProvisionedThroughputExceededException' },
    { kind: 'truncate' },
    { kind: 'reset-after' },
    { kind: 'empty' },
  ] as const;
  proxy.plan = ({ operation, index }) =>
    operation === 'Scan' && index % 2 === 0 ? faults[(index / 2) % faults.length] : undefined;
  const { code, stderr } = await run([]).ended;
  expect([code, stderr]).toEqual([0, stderr]);
  await expectWhole();
});

it('B4 a folder that is there is left alone, and replaced only by a complete export', async () => {
  expect((await run([]).ended).code).toBe(0);
  const before = filesBelow(out);
  expect(await run([]).ended).toMatchObject({ code: 11, stderr: expect.stringContaining('E_CONFIRM') });
  const killed = await run(['--force'], { env: { MQDYN_TEST_KILL_AT: 'rename:data:after:2' }, node: PRELOAD }).ended;
  expect([killed.signal, filesBelow(out)]).toEqual(['SIGKILL', before]);
  expect((await run(['--force', '--resume']).ended).code).toBe(0);
  expect(filesBelow(out)).not.toEqual(before);
  await expectWhole();
});

it('B5 what others write meanwhile may be in it or not, and it is whole all the same', async () => {
  let extra = 0;
  proxy.plan = ({ operation }) => {
    if (operation === 'Scan') {
      extra += 1;
      void dynamo.call('PutItem', { TableName: 'mqtt_msg', Item: message(idAt(Date.UTC(2026, 2, 1), BigInt(extra)), 'plant/b') });
    }
    return undefined;
  };
  expect((await run([]).ended).code).toBe(0);
  const verified = await start(['export', '--verify', out]).ended;
  expect([extra > 0, verified.code, verified.stderr]).toEqual([true, 0, expect.stringContaining('complete and undamaged')]);
  const manifest = readFileSync(join(out, 'manifest.json'), 'utf8');
  expect(manifest).toContain('not a point-in-time snapshot');
  expect(manifest).toMatch(/"startTime": "\d{4}-.*\n\s+"endTime": "\d{4}-/);
});
