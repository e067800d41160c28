import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileReplay } from '../../src/app/replay/write-replay.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import { chance, isWrite } from '../harness/fault-proxy.ts';
import { asLines, replayOptionsOf } from '../harness/replay-run.ts';
import { publish, type ReplayFixture } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { ROOT, temporaryFolder } from '../harness/run-command.ts';
import { SEED } from '../harness/seed.ts';

const STOPS = Math.max(3, Math.round(Number(process.env['MQDYN_TEST_STREAMS'] ?? 200) * 0.1));

const suite = replaySuite();
const folders = temporaryFolder();
afterAll(() => folders.remove());

const makeFolder = () => mkdtempSync(join(folders.path, 'pipe-'));

/** The built program, reading a pipe, in a folder of its own. */
async function piped(args: string[] = []) {
  const folder = makeFolder();
  const fixture = await suite.open('');
  const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'replay', '-', ...fixture.target, ...args], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
  });
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, stderr })),
  );
  const untilOpen = async () => {
    while (!stderr.includes('Writing to: ')) await delay(10);
  };
  return { folder, fixture, child, ended, untilOpen };
}

/** Lines of every reject file in the folder of a run. */
function rejected(folder: string): { reason: string; raw: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rejects.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as { reason: string; raw: string });
}

const stored = async (fixture: ReplayFixture) => (await fixture.rows()).filter((row) => row.startsWith('mqtt_msg ')).length;

// most of the time these tests wait
describe.concurrent('a pipe that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: what was written to it is stored and counted (fault 19)',
    async (signal) => {
      const { folder, fixture, child, ended, untilOpen } = await piped();
      await untilOpen();
      child.stdin.write(asLines(Array.from({ length: 10 }, (_, index) => publish(index))));
      await delay(50);
      child.kill(signal);
      const exited = await ended;
      expect([exited.signal, exited.stderr]).toEqual([signal, exited.stderr]);
      expect(exited.stderr).toContain('stopped; read 10 = applied 10 + superseded 0 + skipped 0 + rejected 0');
      expect(await stored(fixture)).toBe(10);
      expect(rejected(folder)).toEqual([]);
    },
  );

  it('with a window in flight: that window and what came after it are counted (fault 19)', async () => {
    const { fixture, child, ended, untilOpen } = await piped();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 300 } : undefined);
    await untilOpen();
    child.stdin.write(asLines(Array.from({ length: 20 }, (_, index) => publish(index))));
    while (!fixture.proxy.history.some(({ operation }) => isWrite(operation))) await delay(10);
    child.stdin.write(asLines(Array.from({ length: 20 }, (_, index) => publish(20 + index))));
    child.kill('SIGINT');
    const { stderr } = await ended;
    expect(stderr).toContain('stopped; read 40 = applied 40');
    expect(await stored(fixture)).toBe(40);
  });

  it('in the middle of a record: the record is reported as unread (fault 19)', async () => {
    const { child, ended, untilOpen } = await piped();
    await untilOpen();
    const text = asLines([publish(1), publish(2)]);
    child.stdin.write(text.slice(0, -10));
    await delay(50);
    child.kill('SIGTERM');
    const { stderr, signal } = await ended;
    expect(signal).toBe('SIGTERM');
    expect(stderr).toMatch(/the last line of stdin is incomplete \(\d+ bytes\) and was left unread/);
    expect(stderr).toContain('stopped; read 1 = applied 1');
  });

  it('with the endpoint down: what could not be sent is in the reject file, which can be replayed (fault 19)', async () => {
    const { folder, fixture, child, ended, untilOpen } = await piped(['--retry-for', '1s']);
    await untilOpen();
    await delay(200);
    await fixture.proxy.down();
    const payload = 'x'.repeat(100_000);
    child.stdin.end(asLines(Array.from({ length: 10 }, (_, index) => publish(index, { payload }))));
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([5, stderr]);
    expect(stderr).toContain('read 10 = applied 0 + superseded 0 + skipped 0 + rejected 10');
    expect(stderr).toMatch(/What was not sent is in stdin-.*\.rejects\.jsonl: replay that file/);
    expect(rejected(folder).map(({ reason }) => reason)).toEqual(Array.from({ length: 10 }, () => 'unsent'));
    await fixture.proxy.up();
    const [name] = readdirSync(folder);
    const { code: again } = await fixture.command([join(folder, name!)].concat(['--rejects', join(folder, 'again.jsonl')]));
    expect(again).toBe(0);
    expect(await stored(fixture)).toBe(10);
  });

  it('keeps the rejects of an earlier pipe (fault 20)', async () => {
    const { folder, fixture, ...first } = await piped();
    first.child.stdin.end(`${asLines([publish(1)])}{"event":"client.danced"}\n`);
    expect((await first.ended).code).toBe(3);
    const before = readdirSync(folder);
    const second = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'replay', '-', ...fixture.target], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
    });
    second.stdin.end(`${asLines([publish(2)])}{"event":"client.sang"}\n`);
    await new Promise((resolve) => second.once('close', resolve));
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(before));
    expect(
      rejected(folder)
        .map(({ raw }) => raw)
        .sort(),
    ).toEqual(['{"event":"client.danced"}', '{"event":"client.sang"}']);
  });
});

describe.concurrent('a pipe that trickles', () => {
  it.each([300, 900, 1_300])('each message is stored within two seconds, one coming every %i ms', async (everyMs) => {
    const fixture = await suite.open('');
    const pipe = new PassThrough();
    const replay = new FileReplay(fixture.dynamo, {
      ...replayOptionsOf({ stdin: pipe, rejects: join(makeFolder(), 'stdin.rejects.jsonl') }),
      liveName: (table) => fixture.prefix + table,
    });
    const run = replay.run();
    const late: number[] = [];
    const checks = Array.from({ length: Math.ceil(5_000 / everyMs) }, async (_, index) => {
      await delay(index * everyMs);
      pipe.write(asLines([publish(index)]));
      await delay(2_000);
      const rows = (await fixture.rows()).filter((row) => row.startsWith('mqtt_msg '));
      if (!rows.some((row) => row.includes(`"payload ${index}"`))) late.push(index);
    });
    await Promise.all(checks);
    pipe.end();
    expect((await run).applied).toBe(checks.length);
    expect(late).toEqual([]);
  });
});

/** One run in process whose pipe is stopped: by a signal, or by an endpoint that is gone for good. */
async function stoppedRun(moment: number, count: number): Promise<void> {
  const folder = makeFolder();
  const fixture = await suite.open('');
  const stop = new AbortController();
  const pipe = new PassThrough();
  const rejects = join(folder, 'stdin.rejects.jsonl');
  const byFault = chance(SEED, moment) < 0.4;
  let [written, writes] = [0, 0];
  fixture.proxy.plan = ({ operation }) => {
    if (!isWrite(operation)) return undefined;
    writes += 1;
    if (writes <= moment % 7) return undefined;
    if (byFault) return { kind: 'error', name: 'AccessDeniedException' };
    return moment % 3 === 0 ? { kind: 'slow', ms: 60 } : undefined;
  };
  const events = Array.from({ length: count }, (_, index) => publish(index));
  const writing = (async () => {
    for (const event of events) {
      if (stop.signal.aborted || pipe.destroyed) return;
      pipe.write(asLines([event]));
      written += 1;
      if (written % 5 === 0) await delay(2);
    }
  })();
  setTimeout(() => stop.abort(new Error('stopped')), 5 + (moment % 60));
  const replay = new FileReplay(fixture.dynamo, {
    ...replayOptionsOf({ stdin: pipe, rejects, signal: stop.signal, flushMs: 100, window: { events: 8, bytes: 1 << 20 } }),
    liveName: (table) => fixture.prefix + table,
  });
  await replay.run().catch((error: unknown) => {
    if (!stop.signal.aborted && !(error instanceof MqdynError)) throw error;
  });
  await writing;
  // a run that is stopped before it reads may leave data in the pipe
  const unread = String(pipe.read() ?? '');
  const safe = new Set(rejected(folder).map(({ raw }) => (JSON.parse(raw) as { id: string }).id));
  const rows = (await fixture.rows()).filter((row) => row.startsWith('mqtt_msg ')).join('\n');
  const lost = events
    .slice(0, written)
    .filter(({ id, payload }) => !safe.has(id!) && !unread.includes(id!) && !rows.includes(`"${payload}"`));
  expect(lost).toEqual([]);
}

it(
  `a pipe that is stopped at any moment: everything that was written to it is stored or rejected (${STOPS} stops)`,
  () => fc.assert(fc.asyncProperty(fc.nat(1_000), fc.integer({ min: 1, max: 80 }), stoppedRun), { numRuns: STOPS, seed: SEED }),
  900_000,
);
