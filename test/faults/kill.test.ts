import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { start, type Exited } from '../harness/built.ts';
import { chance } from '../harness/fault-proxy.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { ROOT } from '../harness/run-command.ts';
import { ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { SEED } from '../harness/seed.ts';

const KILLS = Number(process.env['MQDYN_TEST_KILLS'] ?? 2);
const PRELOAD = ['--import', pathToFileURL(join(ROOT, 'test/harness/kill-at.js')).href];

/** Each point starts the program twice, so only a few run by default; all of them with MQDYN_TEST_KILLS of 10 or more. */
const EVERY_POINT = KILLS >= 10;

/** More than two windows, with five records that are rejected. */
const EVENTS = usualLog(40_000);
const BAD = [10, 10_000, 20_000, 30_000, 39_990];
const LOG = EVENTS.flatMap((event, index) => [
  JSON.stringify(event),
  ...(BAD.includes(index) ? [`{"event":"client.danced","number":${index}}`] : []),
]).join('\n');
/** One window; most kills need no more. */
const SHORT_EVENTS = EVENTS.slice(0, 2_000);
const SHORT = SHORT_EVENTS.flatMap((event, index) => [
  JSON.stringify(event),
  ...(index % 500 === 10 ? [`{"event":"client.danced","number":${index}}`] : []),
]).join('\n');

let engine: MemoryEngine;
let fixture: ReplayFixture;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => fixture?.close());

function run(env: NodeJS.ProcessEnv = {}, node: string[] = []) {
  const { file, rejects, checkpoint } = fixture.recording;
  const resume = existsSync(checkpoint) ? ['--resume'] : [];
  const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...resume, ...fixture.target];
  return start(args, { env: { NODE_ENV: 'test', ...env }, node });
}

/** Resumes after a kill, then checks rejects and tables. */
async function expectWhole(events = SHORT_EVENTS, bad = 4): Promise<Exited> {
  fixture.proxy.watch = undefined;
  const saved = fixture.recording.saved();
  const last = await run().ended;
  if (saved?.done === false)
    expect(last.stderr).toContain(`resuming at byte ${saved.position.offset} (line ${saved.position.number})`);
  expect([last.code, last.stderr]).toEqual([3, last.stderr]);
  const lines = fixture.recording.rejected().map((reject) => reject.line);
  expect(lines).toHaveLength(bad);
  expect(new Set(lines).size).toBe(bad);
  expect(lines).toEqual([...lines].sort((a, b) => a - b));
  await fixture.expectEqual(events);
  return last;
}

const ALL_FILE_POINTS = [
  ...['link:lock:before:1', 'link:lock:after:1'].map((point) => [point]),
  ...['open:rejects', 'truncate:rejects', 'write:rejects', 'sync:rejects'].flatMap((at) => [
    [`${at}:before:1`],
    [`${at}:after:1`],
  ]),
  ...['open:temporary', 'writeFile:temporary', 'sync:temporary', 'close:temporary', 'rename:temporary'].flatMap((at) => [
    [`${at}:before:1`],
    [`${at}:after:1`],
    [`${at}:before:2`],
    [`${at}:after:2`],
  ]),
  ...['sync:folder:before:1', 'sync:folder:after:2', 'close:rejects:before:1', 'close:rejects:after:1'].map((point) => [point]),
];

const FEW = new Set([
  'link:lock:after:1',
  'sync:rejects:before:1',
  'writeFile:temporary:after:2',
  'rename:temporary:before:1',
  'rename:temporary:after:2',
]);
const FILE_POINTS = ALL_FILE_POINTS.filter(([point]) => EVERY_POINT || FEW.has(point!));
const CALL_POINTS = (
  [
    ['applied', 20],
    ['arrived', 1],
    ['arrived', 20],
    ['applied', 1],
    ['answered', 1],
    ['answered', 20],
  ] as const
).slice(0, EVERY_POINT ? 6 : 1);

describe('P3 kill -9, then --resume', () => {
  it.each(FILE_POINTS)('at %s', async (point) => {
    fixture = await ReplayFixture.open(engine, SHORT);
    const killed = await run({ MQDYN_TEST_KILL_AT: point }, PRELOAD).ended;
    expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', killed.stderr]);
    await expectWhole();
  });

  it.each(CALL_POINTS)('when write %s, number %d', async (point, number) => {
    fixture = await ReplayFixture.open(engine, SHORT);
    const { child, ended } = run();
    let writes = 0;
    fixture.proxy.watch = (at, { operation }) => {
      if (at === point && /BatchWriteItem|UpdateItem/.test(operation) && (writes += 1) === number) child.kill('SIGKILL');
    };
    expect((await ended).signal).toBe('SIGKILL');
    await expectWhole();
  });

  it(`at ${KILLS} random moments of a recording of several windows, resumed runs too`, async () => {
    fixture = await ReplayFixture.open(engine, LOG);
    let [kills, finished] = [0, 0];
    for (let index = 0; kills < KILLS; index += 1) {
      const { child, ended } = run();
      const timer = new AbortController();
      const moment = 200 + chance(SEED, index) * 1_200;
      void delay(moment, undefined, { signal: timer.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      const { signal, code, stderr } = await ended;
      timer.abort();
      if (signal === 'SIGKILL') kills += 1;
      else {
        expect([code, stderr]).toEqual([3, stderr]);
        finished += 1;
      }
    }
    const last = await expectWhole(EVENTS, BAD.length);
    expect(last.stderr).toContain('rejected 5');
    console.log(
      `kill -9: ${FILE_POINTS.length} file points, ${CALL_POINTS.length} network points, ${kills} random moments (${finished} runs were through ` +
        `before), 0 events lost, 0 reject lines twice (seed ${SEED})`,
    );
  }, 1_200_000);
});
