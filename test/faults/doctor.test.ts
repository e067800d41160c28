import { mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { expectEnd, start, type Spawned, type SpawnOptions } from '../harness/built.ts';
import { damaged } from '../harness/damage.ts';
import { countsOf, lookAt, takeBack } from '../harness/doctor-run.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { everything, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { ROOT, temporaryFolder } from '../harness/run-command.ts';

const KILLS = Number(process.env['MQDYN_TEST_KILLS'] ?? 2);
const PRELOAD = ['--import', pathToFileURL(join(ROOT, 'test/harness/kill-at.js')).href];

/** What a broker and a run by the real clock find: ids of the past, and no node that is only dead as of then. */
const NAMES = [
  'gone',
  'gone',
  'unlisted',
  'otherTopic',
  'twoTopics',
  'listInMap',
  'retained',
  'types',
  'strangerAck',
  'emptyMap',
];
const MENDED = { attribute_type: 1, map_type: 1 };

let engine: MemoryEngine;
let direct: Dynamo;
let proxy: FaultProxy;
let folder: { path: string; remove(): void };
let before: string[];

beforeAll(async () => {
  engine = await memoryEngine();
  direct = connectTo(engine.endpoint);
  await createTables(direct);
});
afterAll(async () => {
  direct.close();
  await engine.stop();
});
beforeEach(async () => {
  proxy = await FaultProxy.start(engine.endpoint);
  folder = temporaryFolder();
  await refillTables(direct, damaged(NAMES).rows);
  before = await everything(direct);
});
afterEach(async () => {
  await proxy.stop();
  folder.remove();
});

const journal = () => join(folder.path, 'fix.journal');
const temporary = () => {
  const path = join(folder.path, 'tmp');
  mkdirSync(path, { recursive: true });
  return path;
};

function fix(file = journal(), { env = {}, ...options }: SpawnOptions = {}): Spawned {
  const target = ['--endpoint-url', proxy.url, '--region', 'local'];
  const all = ['doctor', '--fix', '--yes', '--json', '--journal', file, ...target];
  return start(all, { ...options, env: { TMPDIR: temporary(), ...env } });
}

/** The same run once more; then only what has no repair is left, and the journal brings everything back. */
async function expectWhole(): Promise<void> {
  expect(readdirSync(temporary())).toEqual([]);
  proxy.reset();
  const again = await fix().ended;
  expect([again.code, again.stderr]).toEqual([1, again.stderr]);
  const counts = countsOf(await lookAt(direct));
  expect(counts).toEqual(MENDED);
  expect(await takeBack(direct, journal())).toEqual([]);
  expect(await everything(direct)).toEqual(before);
}

describe('M1 kill -9 of doctor --fix, then the same command', () => {
  const points = ['sync:journal:before:2', 'sync:journal:after:1', 'write:journal:before:1', 'sync:journal:after:4'].slice(
    0,
    KILLS,
  );
  it.each(points)('M1 at %s', async (point) => {
    const killed = await fix(undefined, { env: { MQDYN_TEST_KILL_AT: point }, node: PRELOAD }).ended;
    expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', killed.stderr]);
    await expectWhole();
  });

  // a run makes some fifteen writes
  it.each(KILLS > 2 ? [1, 4, 7, 10] : [4])('M1 at write number %i', async (number) => {
    let writes = 0;
    const run = fix();
    proxy.watch = (point, { operation }) => {
      if (point !== 'applied' || !/^(?:Put|Update|Delete)Item$/.test(operation)) return;
      writes += 1;
      if (writes === number) run.child.kill('SIGKILL');
    };
    expect((await run.ended).signal).toBe('SIGKILL');
    proxy.watch = undefined;
    await expectWhole();
  });
});

describe('M2 a journal that cannot be written', () => {
  it('M2 changes nothing', async () => {
    const { stderr } = await expectEnd(fix(join(folder.path, 'none', 'x.journal')).ended, 8);
    expect(stderr).toContain('E_OUTPUT');
    expect(await everything(direct)).toEqual(before);
  });
});

describe('M3 an endpoint that goes away', () => {
  it('M3 ends the look with exit 5, and leaves no temporary file', async () => {
    proxy.plan = ({ operation }) => (operation === 'Scan' ? { kind: 'reset-before' } : undefined);
    const { stderr } = await expectEnd(fix().ended, 5);
    expect(stderr).toContain('E_ENDPOINT');
    expect(await everything(direct)).toEqual(before);
    await expectWhole();
  });
});

describe('M4 a plan that is not whole', () => {
  it('M4 is refused before anything is changed', async () => {
    const plan = join(folder.path, 'half.plan');
    const look = start(['doctor', '--plan-out', plan, '--json', '--endpoint-url', proxy.url, '--region', 'local']);
    expect((await look.ended).code).toBe(1);
    truncateSync(plan, statSync(plan).size - 20);
    const { stderr } = await expectEnd(
      start(['doctor', '--plan', plan, '--yes', '--endpoint-url', proxy.url, '--region', 'local']).ended,
      4,
    );
    expect(stderr).toContain('is not whole');
    expect(await everything(direct)).toEqual(before);
  });
});
