import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Window } from '../../src/app/replay/window.ts';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { startEmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { deleteTable } from '../../src/dynamo/tables.ts';
import { holderText } from '../../src/files/lock-holder.ts';
import { Writer } from '../../src/dynamo/writer.ts';
import { measured, start, type Exited } from '../harness/built.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { LONG } from '../harness/long.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { asLines, liveRows } from '../harness/replay-run.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';
import { ack, publish, ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { ReferenceModel } from '../model/reference-model.ts';

const LOG = usualLog(200);
let engine: MemoryEngine;
let fixture: ReplayFixture;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(async () => {
  vi.restoreAllMocks();
  await fixture?.close();
});

const open = async (content: Parameters<typeof ReplayFixture.open>[1] = LOG) =>
  (fixture = await ReplayFixture.open(engine, content));

/** The built program on the fixture's files. */
function spawned(args: string[] = [], options: Parameters<typeof start>[1] = {}) {
  const { file, rejects, checkpoint } = fixture.recording;
  return start(['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...fixture.target, ...args], options);
}

async function expectEnd(ended: Promise<Exited>, code: number): Promise<Exited> {
  const exited = await ended;
  expect([exited.code, exited.signal, exited.stderr]).toEqual([code, null, exited.stderr]);
  return exited;
}

/** A stdout whose reader is no longer there. */
const readerGone = () =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    },
  });

describe('process faults', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'P1 P2 %s: calls in flight end, the checkpoint stays, the process dies by the signal',
    async (signal) => {
      await open();
      fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 400 } : undefined);
      const { child, ended } = spawned();
      let sent = false;
      fixture.proxy.watch = (point, { operation }) => {
        if (sent || point !== 'arrived' || !isWrite(operation)) return;
        sent = true;
        setTimeout(() => child.kill(signal), 50);
      };
      const exited = await ended;
      expect([exited.signal, exited.code]).toEqual([signal, null]);
      expect(exited.stderr).toMatch(/stopping: waiting for \d+ calls \(once more to stop now\)/);
      expect(exited.stderr).toMatch(/stopped; read \d+ = .*; go on with --resume/);
      const cut = fixture.proxy.history.filter(({ operation, acked }) => isWrite(operation) && !acked);
      expect(cut.map(({ index }) => index)).toEqual([]);
      fixture.proxy.watch = undefined;
      await fixture.expectCommandResumes();
    },
  );

  it('P1 a stop in a first window that holds a reject: the checkpoint stays', async () => {
    const log = usualLog(60);
    fixture = await ReplayFixture.open(engine, `{}\n${asLines(log)}`);
    const stop = new AbortController();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) stop.abort(new Error('stopped'));
    };
    const options = { window: { events: 1_000, bytes: 1 << 20 } };
    await expect(fixture.replay({ ...options, signal: stop.signal })).rejects.toThrow('stopped');
    expect(fixture.recording.saved()).toMatchObject({ position: { offset: 0 }, done: false });
    fixture.proxy.watch = undefined;
    const { code, result } = await fixture.resume(options);
    expect([code, result?.rejected]).toEqual([3, 1]);
    expect(fixture.recording.rejected()).toMatchObject([{ line: 1 }]);
    await fixture.expectEqual(log);
  });

  it('P1 SIGINT once while nothing is answered: calls in flight get ten seconds, the checkpoint stays', async () => {
    await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended } = spawned();
    let at = 0;
    fixture.proxy.watch = (point, { operation }) => {
      if (at > 0 || point !== 'arrived' || !isWrite(operation)) return;
      at = Date.now();
      child.kill('SIGINT');
    };
    expect((await ended).signal).toBe('SIGINT');
    const took = Date.now() - at;
    expect(took).toBeGreaterThan(9_000);
    expect(took).toBeLessThan(13_000);
    fixture.proxy.watch = undefined;
    await fixture.expectCommandResumes();
  });

  it('P1 SIGINT twice: stops at once, the checkpoint stays', async () => {
    await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended, stderr } = spawned();
    let at = 0;
    fixture.proxy.watch = (point, { operation }) => {
      if (at > 0 || point !== 'arrived' || !isWrite(operation)) return;
      at = Date.now();
      child.kill('SIGINT');
    };
    while (!stderr().includes('stopping')) await delay(20);
    child.kill('SIGINT');
    expect((await ended).signal).toBe('SIGINT');
    expect(Date.now() - at).toBeLessThan(8_000);
    fixture.proxy.watch = undefined;
    await fixture.expectCommandResumes();
  });

  it.each([
    ['scan', Scan, ['mqtt_msg'], (index: number) => publish(index, { payload: 'x'.repeat(3_000) })],
    [
      'query',
      Query,
      ['mqtt_acked', 'one'],
      (index: number) => ack(index, { topic: 'one', clientid: `${index}`.padStart(1_000) }),
    ],
  ] as const)(
    'P4 the reader of a %s goes away: exit 0, silent, at most one further page read',
    async (_, command, what, event) => {
      await open(Array.from({ length: 3_000 }, (__, index) => event(index)));
      await fixture.replay({ window: { events: 3_000, bytes: 64 << 20 } });
      fixture.proxy.reset();
      const args = [...what, '--format', 'jsonl', ...fixture.target];
      const { code, stderr } = await runCommand(command, args, { stdout: readerGone() });
      expect([code, stderr]).toEqual([0, '']);
      expect(fixture.proxy.history.length).toBeLessThanOrEqual(3);
      fixture.proxy.reset();
      // one that stays gets every page
      expect((await runCommand(command, args)).code).toBe(0);
      expect(fixture.proxy.history.length).toBeGreaterThan(3);
    },
  );

  it.each([
    ['', LOG, 0],
    [' with a reject', [...LOG, { event: 'client.danced' }], 3],
  ] as const)('P5 the reader of the result%s goes away: the replay is whole and ends as it would', async (_, log, exit) => {
    await open(asLines(log));
    const { code, stderr } = await fixture.command(['--json'], { stdout: readerGone() });
    expect([code, stderr]).toEqual([exit, expect.stringContaining(`read ${log.length} = `) as string]);
    expect(fixture.recording.saved()).toMatchObject({ done: true });
    await fixture.expectEqual(LOG);
  });

  it('P6 a limit of file sizes cuts the checkpoint (EFBIG): exit 8, the one before stays readable', async () => {
    await open();
    // 1 KiB: the reject file is empty, the checkpoint is longer
    const { stderr } = await expectEnd(spawned([], { shell: "ulimit -f 2; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write checkpoint ${fixture.recording.checkpoint} (EFBIG). Free space`);
    expect(stderr).toContain('run the same command with --resume');
    expect(readdirSync(fixture.folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await fixture.resume()).code).toBe(0);
    await fixture.expectDone();
  });

  it('P7 a limit of file sizes cuts the reject file (EFBIG): exit 8, the watermark is before what was not recorded', async () => {
    const bad = Array.from({ length: 50 }, (_, number) => ({ event: 'client.danced', number, text: 'x'.repeat(2_000) }));
    await open(asLines([...LOG, ...bad]));
    const { stderr } = await expectEnd(spawned([], { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write reject file ${fixture.recording.rejects} (EFBIG). Free space`);
    expect(fixture.recording.saved()?.position.offset ?? 0).toBeLessThanOrEqual(asLines(LOG).length);
    const again = await fixture.resume();
    expect([again.code, again.result?.rejected]).toEqual([3, 50]);
    expect(fixture.recording.rejected()).toHaveLength(50);
    await fixture.expectEqual(LOG);
  });

  it('P8 stdout is a full disk: exit 8, and the tables are whole', async () => {
    await open();
    const { stderr } = await expectEnd(spawned(['--json'], { shell: 'exec > /dev/full' }).ended, 8);
    expect(stderr).toContain('E_OUTPUT');
    await fixture.expectEqual();
  });

  it('P8 the folder of --to-import is on a full disk (EFBIG): exit 8, no file has its name', async () => {
    await open(Array.from({ length: 300 }, (_, index) => publish(index, { payload: randomBytes(500).toString('hex') })));
    const folder = join(fixture.folder.path, 'import');
    const args = ['replay', fixture.recording.file, '--to-import', folder];
    const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write import file ${folder}/mqtt_msg/data/00001.json.gz (EFBIG)`);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.json'));
    expect(files).toContain('mqtt_msg/data/00001.json.gz.partial');
    expect(files).not.toContain('mqtt_msg/data/00001.json.gz');
  });

  it('P9 the input shrinks while it is read: exit 11', async () => {
    await open();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) truncateSync(fixture.recording.file, 1_000);
    };
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toContain(fixture.recording.file);
    await fixture.expectStanding();
    // what is gone cannot be gone on from
    fixture.proxy.watch = undefined;
    expect((await fixture.resume()).code).toBe(11);
  });

  it('P9 the input is replaced while it is read: exit 11, what was read is applied, the new one is not taken for it', async () => {
    await open();
    const other = asLines(usualLog(400, 2));
    let replaced = false;
    fixture.proxy.watch = (point, { operation }) => {
      if (replaced || point !== 'arrived' || !isWrite(operation)) return;
      replaced = true;
      writeFileSync(`${fixture.recording.file}.new`, other);
      renameSync(`${fixture.recording.file}.new`, fixture.recording.file);
    };
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toContain('was replaced while it was read');
    await fixture.expectStanding();
    const again = await fixture.resume();
    expect([again.code, again.error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(readFileSync(fixture.recording.file, 'utf8')).toBe(other);
  });

  it('P9 the input is replaced by one that begins like it: exit 11', async () => {
    const log = usualLog(800);
    await open(log);
    const text = asLines(log);
    expect(text.length).toBeGreaterThan(2 << 16);
    let replaced = false;
    fixture.proxy.watch = (point, { operation }) => {
      if (replaced || point !== 'arrived' || !isWrite(operation)) return;
      replaced = true;
      writeFileSync(`${fixture.recording.file}.new`, text.slice(0, 1 << 16) + text.slice(1 << 16).replaceAll('payload', 'other'));
      renameSync(`${fixture.recording.file}.new`, fixture.recording.file);
    };
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    await fixture.expectStanding();
  });

  it('P9 the input is shorter than the checkpoint says: exit 11', async () => {
    await open();
    await fixture.stopAfterSomeWrites();
    const before = readFileSync(fixture.recording.checkpoint, 'utf8');
    truncateSync(fixture.recording.file, 1_000);
    const { code, error } = await fixture.resume();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toBe(`${fixture.recording.file} is shorter than the checkpoint says`);
    expect(readFileSync(fixture.recording.checkpoint, 'utf8')).toBe(before);
    await fixture.expectStanding();
  });

  it('P10 a second replay with the same checkpoint: exit 11, the first is not touched', async () => {
    await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 100 } : undefined);
    const first = fixture.replay();
    while (!existsSync(`${fixture.recording.checkpoint}.lock`)) await delay(5);
    const second = await fixture.replay();
    expect([second.code, second.error?.code]).toEqual([11, 'E_LOCKED']);
    expect(second.error?.message).toMatch(new RegExp(`in use by pid ${process.pid} on ${hostname()} since .* \\(replay\\)`));
    expect(second.error?.hint).toContain('--break-lock');
    expect((await first).code).toBe(0);
    await fixture.expectEqual();
  });

  it('P11 the lock of a run that was killed: taken over', async () => {
    await open();
    const { child, ended } = spawned();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) child.kill('SIGKILL');
    };
    await ended;
    fixture.proxy.watch = undefined;
    expect(existsSync(`${fixture.recording.checkpoint}.lock`)).toBe(true);
    const { stderr } = await fixture.expectCommandResumes();
    expect(stderr).toContain(`taking over the lock of pid ${child.pid}`);
  });

  it('P11 the lock of an earlier start of this machine, its pid in use again: taken over', async () => {
    await open();
    const lock = {
      pid: process.pid,
      host: hostname(),
      boot: 'earlier',
      since: '2026-01-01T00:00:00.000Z',
      command: 'replay',
      id: '',
    };
    writeFileSync(`${fixture.recording.checkpoint}.lock`, holderText(lock));
    const { code, notices } = await fixture.replay();
    expect(code).toBe(0);
    expect(notices).toContain(`taking over the lock of pid ${process.pid}, which is gone: ${fixture.recording.checkpoint}`);
    await fixture.expectDone();
  });

  it('P11 a lock of another host: exit 11, and --break-lock takes it', async () => {
    await open();
    const lock = { pid: 1, host: 'host7', boot: 'x', since: '2026-01-01T00:00:00.000Z', command: 'replay', id: '' };
    writeFileSync(`${fixture.recording.checkpoint}.lock`, holderText(lock));
    expect((await fixture.replay()).code).toBe(11);
    const checkpoint = { path: fixture.recording.checkpoint, keep: false, breakLock: true };
    expect((await fixture.replay({ checkpoint })).code).toBe(0);
    await fixture.expectEqual();
  });

  it.each([{ megabytes: 120, heap: 96 }, ...(LONG ? [{ megabytes: 1_000, heap: 256 }] : [])])(
    'P12 a log of $megabytes MB with a heap of $heap MB: exit 0, at most 400 MB',
    async ({ megabytes, heap }) => {
      await open('');
      const { file, rejects, checkpoint } = fixture.recording;
      const retained = (index: number) => publish(index, { qos: 0, flags: { retain: true }, payload: 'x'.repeat(1_800) });
      const events = megabytes * 500;
      const log = openSync(file, 'w');
      for (let index = 0; index < events; index += 1_000)
        writeSync(log, asLines(Array.from({ length: 1_000 }, (_, at) => retained(index + at))));
      closeSync(log);
      expect(statSync(file).size).toBeGreaterThan(megabytes * 1e6);
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...fixture.target];
      const options = { node: [`--max-old-space-size=${heap}`] };
      const { code, stderr, peak } = await measured(args, join(fixture.folder.path, 'peak'), options);
      expect([code, stderr]).toEqual([0, stderr]);
      console.log(`P12: ${megabytes} MB of log with a heap of ${heap} MB, peak ${Math.round(peak)} MB`);
      expect(peak).toBeLessThan(400);
      await fixture.expectEqual(Array.from({ length: 7 }, (_, at) => retained(events - 7 + at)));
    },
    300_000,
  );

  it('P13 the heap is exhausted: Node aborts, --resume goes on', async () => {
    const log = Array.from({ length: 20_000 }, (_, index) => publish(index, { payload: String(index) }));
    await open(log);
    const { code, signal } = await spawned([], { node: ['--max-old-space-size=12'] }).ended;
    expect(code === 134 || signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 133).toBe(true);
    expect((await fixture.resume({ window: { events: 65_536, bytes: 64 << 20 } })).code).toBe(0);
    await fixture.expectEqual();
  });

  it('P14 a fault of the program itself: exit 70, stack only on request, --resume goes on', async () => {
    await open();
    vi.spyOn(Writer.prototype, 'send').mockRejectedValue(new TypeError('x is not a function'));
    const { code, stderr } = await fixture.command();
    expect(code).toBe(70);
    expect(stderr).toContain('E_BUG: TypeError: x is not a function. Please report it');
    expect(stderr).toContain('Nothing is lost: run the same command with --resume.');
    expect(stderr).not.toContain('    at ');
    // kept in a file for its owner alone
    const [, file] = /The stack is in (\S+\.txt)\./.exec(stderr) ?? [];
    expect(readFileSync(file!, 'utf8')).toContain('TypeError: x is not a function\n    at ');
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    rmSync(file!);
    const debug = await fixture.command(['--break-lock'], { env: { MQDYN_DEBUG: '1' } });
    expect(debug.stderr).toContain('    at ');
    vi.restoreAllMocks();
    const again = await fixture.command(['--resume']);
    expect([again.code, again.stderr]).toEqual([0, again.stderr]);
    await fixture.expectEqual();
  });

  it('P14 counts that do not add up: exit 70', async () => {
    await open();
    vi.spyOn(Window.prototype, 'settle').mockResolvedValue();
    const { code, stderr } = await fixture.command();
    expect(code).toBe(70);
    expect(stderr).toMatch(/E_BUG: the counts do not add up: read \d+ = applied 0 .*Please report it/);
    expect(fixture.recording.saved()).toMatchObject({ done: false });
  });

  /** A run that stopped in the middle. */

  it.each([
    ['truncated', (text: string) => text.slice(0, text.length >> 1)],
    ['edited', (text: string) => text.replace(/"offset":\d+/, '"offset":-1')],
    ['of a newer version', (text: string) => text.replace('"checkpoint":2', '"checkpoint":12')],
    ['without its lists', (text: string) => text.replace('"inputs"', '"imputs"')],
    ['null', () => '{"checkpoint":2,"state":null}'],
  ])('P15 a checkpoint that is %s: exit 4, nothing written, nothing started anew', async (_, damage) => {
    await open();
    await fixture.stopAfterSomeWrites();
    const { checkpoint } = fixture.recording;
    const damaged = damage(readFileSync(checkpoint, 'utf8'));
    writeFileSync(checkpoint, damaged);
    const rows = await fixture.rows();
    const { code, error } = await fixture.resume();
    expect([code, error?.code]).toEqual([4, 'E_CHECKPOINT']);
    expect(error?.message).toContain(`${checkpoint} is damaged (`);
    expect(error?.hint).toBe('Delete it to start over.');
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect(await fixture.rows()).toEqual(rows);
    expect(readFileSync(checkpoint, 'utf8')).toBe(damaged);
  });

  it.each(['another input', 'another target', 'another option', 'a table made anew'])(
    'P16 --resume with %s: exit 11, nothing written',
    async (what) => {
      await open();
      await fixture.stopAfterSomeWrites();
      const { checkpoint, file } = fixture.recording;
      const before = readFileSync(checkpoint, 'utf8');
      let options: Parameters<ReplayFixture['resume']>[0] = {};
      if (what === 'another input') writeFileSync(file, asLines(usualLog(300, 2)));
      if (what === 'another option') options = { fingerprint: { 'time-unit': 'ms' } };
      if (what === 'a table made anew') {
        await deleteTable(fixture.direct, `${fixture.prefix}mqtt_msg`);
        await delay(20);
        await createTables(fixture.direct, fixture.prefix);
      }
      if (what === 'another target') {
        await createTables(fixture.direct, `other-${fixture.prefix}`);
        options = { liveName: (table) => `other-${fixture.prefix}${table}` };
      }
      const rows = await fixture.rows();
      const { code, error } = await fixture.resume(options);
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`the checkpoint ${checkpoint} is for `);
      expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
      expect(await fixture.rows()).toEqual(rows);
      expect(readFileSync(checkpoint, 'utf8')).toBe(before);
    },
  );

  it('P17 a live broker on the same tables cannot be told: the help says so', () => {
    expect(Replay.description).toContain('use it where no broker writes');
  });

  describe('P18 the embedded engine', () => {
    const folder = temporaryFolder();
    afterAll(() => folder.remove());

    /** A data folder with the six tables. */
    async function dataFolder(): Promise<{ data: string; target: string[] }> {
      const data = mkdtempSync(join(folder.path, 'data-'));
      const target = local(data);
      expect((await runCommand(TablesCreate, target)).code).toBe(0);
      return { data, target };
    }

    async function rowsIn(data: string): Promise<string[]> {
      const own = await startEmbeddedEngine(join(data, 'dynamodb'));
      const dynamo = connectTo(own.endpoint);
      const rows = await liveRows(dynamo);
      dynamo.close();
      await own.close();
      return rows;
    }

    const replayInto = (target: string[], args: string[] = []) => {
      const { file, rejects, checkpoint } = fixture.recording;
      return runCommand(Replay, [file, '--rejects', rejects, '--checkpoint', checkpoint, ...target, ...args]);
    };

    it('its folder is in use: exit 11, the folder named', async () => {
      await open();
      const { data, target } = await dataFolder();
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const lock = { pid: process.pid, host: hostname(), boot, since: '2026-01-01T00:00:00.000Z', command: 'replay', id: '' };
      writeFileSync(join(data, 'dynamodb.lock'), holderText(lock));
      const { code, stderr } = await replayInto(target);
      expect([code, stderr]).toEqual([11, expect.stringContaining(`E_LOCKED: the data folder ${data} is in use`) as string]);
      rmSync(join(data, 'dynamodb.lock'));
      expect(await rowsIn(data)).toEqual([]);
    });

    it('its store is open in another process that has lost its lock: exit 11, the folder named', async () => {
      await open();
      const { data, target } = await dataFolder();
      const other = await startEmbeddedEngine(join(data, 'dynamodb'));
      const { code, stderr } = await replayInto(target);
      await other.close();
      expect([code, stderr]).toEqual([11, expect.stringContaining(`E_LOCKED: the data folder ${data}`) as string]);
    });

    it('its folder cannot be made: exit 8, the folder named', async () => {
      await open();
      const file = join(folder.path, 'file');
      writeFileSync(file, '');
      const { code, stderr } = await replayInto(local(join(file, 'data')));
      expect([code, stderr]).toEqual([8, expect.stringContaining(file) as string]);
    });

    it('its store is a file: exit 8, the folder named', async () => {
      await open();
      const data = mkdtempSync(join(folder.path, 'data-'));
      writeFileSync(join(data, 'dynamodb'), '');
      const { code, stderr } = await replayInto(local(data));
      expect([code, stderr]).toEqual([8, expect.stringContaining(`E_OUTPUT: cannot make the data folder ${data}`) as string]);
    });

    it.each([
      ['CURRENT', 'holds something else', (path: string) => writeFileSync(path, 'garbage')],
      ['MANIFEST', 'holds something else', (path: string) => writeFileSync(path, Buffer.alloc(500, 0xa5))],
      ['MANIFEST', 'is gone', (path: string) => rmSync(path)],
      ['.ldb', 'holds something else', (path: string) => writeFileSync(path, Buffer.alloc(5_000, 0xa5))],
    ])('its folder is damaged (%s %s): exit 4, the folder named', async (name, _, damage) => {
      await open();
      const { data, target } = await dataFolder();
      // a second start moves the tables from the log of the store to a file of their own
      await rowsIn(data);
      const store = join(data, 'dynamodb');
      for (const file of readdirSync(store).filter((one) => one.includes(name))) damage(join(store, file));
      const { code, stderr } = await replayInto(target);
      expect([code, stderr]).toEqual([4, expect.stringContaining('E_DATA') as string]);
      expect(stderr).toMatch(new RegExp(`${data}.* is damaged`));
      expect(existsSync(join(data, 'dynamodb.lock'))).toBe(false);
    });

    it('its disk is full (EFBIG): exit 8, the folder named, what was there stays and --resume goes on', async () => {
      await open(Array.from({ length: 300 }, (_, index) => publish(index, { payload: 'x'.repeat(1_000) })));
      const { data, target } = await dataFolder();
      const before = publish(9_999);
      const first = await runCommand(Replay, ['-', ...target], { stdin: asLines([before]) });
      expect(first.code).toBe(0);
      const { file, rejects, checkpoint } = fixture.recording;
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
      // half of a recording of 400 KB
      const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 400; trap '' XFSZ" }).ended, 8);
      expect(stderr).toContain(`E_OUTPUT: the embedded engine in ${data} cannot be written`);
      expect(stderr).toContain('run the same command with --resume');
      expect(fixture.recording.saved()).toMatchObject({ done: false });
      expect(fixture.recording.rejected()).toEqual([]);
      const kept = await rowsIn(data);
      const whole = new ReferenceModel().applyAll([before, ...fixture.events!]).rows();
      expect(kept.filter((row) => row.startsWith('mqtt_msg')).filter((row) => !whole.includes(row))).toEqual([]);
      expect(kept.join()).toContain('payload 9999');
      expect((await replayInto(target, ['--resume'])).code).toBe(0);
      expect(await rowsIn(data)).toEqual(whole);
    });
  });

  it('P19 stdin ends in the middle of a line: exit 3, and it cannot be resumed', async () => {
    await open();
    const { rejects } = fixture.recording;
    const stdin = asLines(LOG).slice(0, -20);
    const { code, stderr } = await runCommand(Replay, ['-', '--rejects', rejects, ...fixture.target], { stdin });
    expect([code, stderr]).toEqual([3, expect.stringContaining('E_TAIL: the last line of stdin is incomplete') as string]);
    // stdin cannot be read again
    expect(stderr).not.toContain('--resume');
    await fixture.expectEqual(LOG.slice(0, -1));
    const resumed = await runCommand(Replay, ['-', '--resume', ...fixture.target], { stdin });
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('stdin cannot be read again') as string]);
  });
});

describe('state faults', () => {
  it('S9 a table is being deleted: exit 11, untouched', async () => {
    const slow = await memoryEngine({ createTableMs: 0, deleteTableMs: 3_000 } as object);
    fixture = await ReplayFixture.open(slow, LOG);
    await deleteTable(fixture.direct, `${fixture.prefix}mqtt_msg`);
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_TABLE_STATE']);
    expect(error?.message).toContain('DELETING; DynamoDB may still accept writes and lose them');
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([fixture.recording.checkpoint, fixture.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
    await fixture.close();
    await slow.stop();
  });

  it('S15 a table is missing: exit 4, the table and the place named', async () => {
    await open();
    await deleteTable(fixture.direct, `${fixture.prefix}mqtt_acked`);
    await delay(20);
    const { code, stderr } = await fixture.command();
    expect(code).toBe(4);
    expect(stderr).toContain(`${fixture.prefix}mqtt_acked not found in local at ${fixture.proxy.url}`);
    expect(stderr).toContain('Run: mqdyn tables create');
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([fixture.recording.checkpoint, fixture.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
  });

  it.each(['between two writes', 'after the last write'])(
    'S16 a table is dropped and made anew %s: exit 11, what was written before is lost, and it says so',
    async (when) => {
      await open();
      let made: Promise<unknown> | undefined;
      let isBusy = false;
      const anew = () => {
        isBusy = made === undefined;
        made ??= deleteTable(fixture.direct, `${fixture.prefix}mqtt_retain`)
          .then(() => delay(20))
          .then(() => createTables(fixture.direct, fixture.prefix))
          .finally(() => (isBusy = false));
      };
      // calls that come meanwhile reach the engine when there is a table again
      fixture.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      fixture.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') anew();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'between two writes') anew();
      };
      const { code, error } = await fixture.replay({ concurrency: 1 });
      await made;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${fixture.prefix}mqtt_retain changed identity during the run`);
      expect(error?.hint).toBe('What was written before is lost: start over without --resume.');
      fixture.proxy.reset();
      const again = await fixture.resume();
      expect([again.code, again.error?.code]).toEqual([11, 'E_MISMATCH']);
    },
  );

  it.each(['in the middle', 'after the last write'])(
    'S16 a table is dropped %s: exit 11, and it says what is lost',
    async (when) => {
      await open();
      let dropped: Promise<unknown> | undefined;
      let isBusy = false;
      const drop = () => {
        isBusy = dropped === undefined;
        dropped ??= deleteTable(fixture.direct, `${fixture.prefix}mqtt_retain`)
          .then(() => delay(50))
          .finally(() => (isBusy = false));
      };
      // calls that come meanwhile reach the engine when the table is gone
      fixture.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      fixture.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') drop();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'in the middle') drop();
      };
      const { code, error } = await fixture.replay({ concurrency: 1 });
      await dropped;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${fixture.prefix}mqtt_retain not found in local at`);
      expect(error?.message).toContain('dropped during the run');
      expect(error?.hint).toBe('What was written before is lost: start over without --resume.');
      await createTables(fixture.direct, fixture.prefix);
    },
  );
});

/** Runs something as somebody for whom the modes of files count. */
async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(fixture.folder.path, 0o755);
  process.seteuid!(65_534);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}

describe('permission faults', () => {
  it('A1 no credentials: exit 6 within 3 s; loopback needs none', async () => {
    await open();
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'];
    const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    for (const name of names) delete process.env[name];
    process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
    const started = Date.now();
    const args = [fixture.recording.file, '--endpoint-url', 'https://mqdyn.invalid', '--region', 'local'];
    const { code, stderr } = await runCommand(Replay, args);
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    expect([code, stderr]).toEqual([6, expect.stringContaining('E_CREDENTIALS: none found for local') as string]);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect((await fixture.command()).code).toBe(0);
  });

  it.each(['UnrecognizedClientException', 'InvalidSignatureException'])(
    'A2 %s: exit 6, nothing made, the key named by its last four characters',
    async (name) => {
      await open();
      fixture.proxy.plan = () => ({ kind: 'error', name });
      const credentials = join(fixture.folder.path, 'credentials');
      writeFileSync(credentials, '[own]\naws_access_key_id = AKIAEXAMPLE12345\naws_secret_access_key = mqdynsecret\n');
      const { file, rejects, checkpoint } = fixture.recording;
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...fixture.target, '--profile', 'own'];
      const { stderr } = await expectEnd(start(args, { env: { AWS_SHARED_CREDENTIALS_FILE: credentials } }).ended, 6);
      expect(stderr).toContain(`refused the credentials (${name}, profile "own", key id ...2345)`);
      expect(stderr).not.toMatch(/AKIA|mqdynsecret/);
      fixture.proxy.reset();
      await fixture.expectUntouched();
    },
  );

  /** One table is denied in the middle of a run: it stops without a reject, and goes on when it may. */
  async function expectDenied(said: string): Promise<void> {
    await open();
    const fault = { kind: 'error', name: 'AccessDeniedException', message: said } as const;
    let calls = 0;
    fixture.proxy.plan = ({ tables, operation }) =>
      isWrite(operation) && tables[0]!.endsWith('mqtt_acked') && (calls += 1) > 2 ? fault : undefined;
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([6, 'E_DENIED']);
    expect(error?.message).toBe(`dynamodb:BatchWriteItem on ${fixture.prefix}mqtt_acked: ${said}`);
    await fixture.expectResumable();
  }

  it('A3 one table is denied in the middle: exit 6, stops, no reject', () => expectDenied('not authorised'));

  it('A5 the key of one table (KMS) is denied in the middle: exit 6, stops, no reject', () =>
    expectDenied('The ciphertext refers to a key that this principal may not use (KMS)'));

  it('A4 DescribeTable denied: exit 6; with --no-preflight the writes are made', async () => {
    await open();
    fixture.proxy.plan = ({ operation }) =>
      operation === 'DescribeTable' ? { kind: 'error', name: 'AccessDeniedException' } : undefined;
    const { code, stderr } = await fixture.command();
    expect([code, stderr]).toEqual([6, expect.stringContaining('dynamodb:DescribeTable') as string]);
    expect(stderr).toContain('--no-preflight');
    await fixture.expectUntouched();
    expect((await fixture.command(['--no-preflight'])).code).toBe(0);
    await fixture.expectEqual();
  });

  it('A6 the input is missing, is a folder, or may not be read: exit 4, path and errno', async () => {
    await open();
    const missing = join(fixture.folder.path, 'missing');
    const gone = await runCommand(Replay, [missing, ...fixture.target]);
    expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining(`${missing} cannot be read (ENOENT)`) as string]);
    const folder = await runCommand(Replay, [fixture.folder.path, ...fixture.target]);
    expect([folder.code, folder.stderr]).toEqual([4, expect.stringContaining('is a directory') as string]);
    const { file } = fixture.recording;
    chmodSync(file, 0);
    const closed = await unprivileged(() => fixture.command());
    expect([closed.code, closed.stderr]).toEqual([4, expect.stringContaining(`${file} cannot be read (EACCES)`) as string]);
    await fixture.expectUntouched();
  });

  it.each(['--rejects', '--checkpoint'])('A7 the folder of %s is not there: exit 8 before the first write', async (flag) => {
    await open();
    const path = join(fixture.folder.path, 'missing', 'file');
    const { code, stderr } = await fixture.command([flag, path]);
    expect(code).toBe(8);
    expect(stderr).toMatch(/E_OUTPUT: cannot write .*missing.*\(ENOENT\)/);
    expect(fixture.proxy.calls['BatchWriteItem']).toBeUndefined();
    expect(await fixture.rows()).toEqual([]);
  });

  it.each(['--rejects', '--checkpoint'])(
    'A7 the folder of %s may not be written: exit 8 before the first write',
    async (flag) => {
      await open();
      expect((await fixture.command()).code).toBe(0);
      fixture.proxy.reset();
      const folder = join(fixture.folder.path, 'closed');
      mkdirSync(folder, { mode: 0o555 });
      const own = join(fixture.folder.path, 'own');
      mkdirSync(own);
      chmodSync(own, 0o777);
      const path = join(folder, 'file');
      const other = flag === '--rejects' ? ['--checkpoint', join(own, 'file')] : ['--rejects', join(own, 'file')];
      const { code, stderr } = await unprivileged(() => fixture.command([flag, path, ...other]));
      expect([code, stderr]).toEqual([8, expect.stringMatching(/E_OUTPUT: cannot write .*closed.*\(EACCES\)/) as string]);
      expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    },
  );

  describe.each(['rejects', 'checkpoint'] as const)('A8 the file for the %s', (which) => {
    const expectRefused = async (why: string) => {
      const { code, stderr } = await fixture.command();
      expect([code, stderr]).toEqual([11, expect.stringContaining(`${fixture.recording[which]} ${why}`) as string]);
      expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    };

    it('is a link: exit 11, and what it leads to stays as it is', async () => {
      await open();
      const elsewhere = join(fixture.folder.path, 'elsewhere');
      writeFileSync(elsewhere, '');
      symlinkSync(elsewhere, fixture.recording[which]);
      await expectRefused('is a symbolic link');
      expect(readFileSync(elsewhere, 'utf8')).toBe('');
    });

    it.each([0o666, 0o660, 0o602])('may be written by others (mode %o): exit 11', async (mode) => {
      await open();
      writeFileSync(fixture.recording[which], '');
      chmodSync(fixture.recording[which], mode);
      await expectRefused(`may be written by others (mode ${mode.toString(8)})`);
    });

    it.runIf(process.getuid?.() === 0)('belongs to somebody else: exit 11', async () => {
      await open();
      writeFileSync(fixture.recording[which], '');
      chownSync(fixture.recording[which], 65_534, 65_534);
      await expectRefused('belongs to somebody else');
    });

    it('is a folder: exit 8', async () => {
      await open();
      mkdirSync(fixture.recording[which]);
      const { code, stderr } = await fixture.command();
      expect([code, stderr]).toEqual([8, expect.stringContaining(`${fixture.recording[which]} (EISDIR)`) as string]);
      expect(await fixture.rows()).toEqual([]);
    });
  });
});
