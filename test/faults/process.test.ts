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
import { ack, publish, Scene, usualLog } from '../harness/scene.ts';
import { ReferenceModel } from '../model/reference-model.ts';

const LOG = usualLog(200);
let engine: MemoryEngine;
let scene: Scene;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(async () => {
  vi.restoreAllMocks();
  await scene?.close();
});

const open = async (content: Parameters<typeof Scene.open>[1] = LOG) => (scene = await Scene.open(engine, content));

/** The built program on the scene's files. */
function spawned(args: string[] = [], options: Parameters<typeof start>[1] = {}) {
  const { file, rejects, checkpoint } = scene.recording;
  return start(['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...scene.target, ...args], options);
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
      scene.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 400 } : undefined);
      const { child, ended } = spawned();
      let sent = false;
      scene.proxy.watch = (point, { operation }) => {
        if (sent || point !== 'arrived' || !isWrite(operation)) return;
        sent = true;
        setTimeout(() => child.kill(signal), 50);
      };
      const exited = await ended;
      expect([exited.signal, exited.code]).toEqual([signal, null]);
      expect(exited.stderr).toMatch(/stopping: waiting for \d+ calls \(interrupt again to stop now\)/);
      expect(exited.stderr).toMatch(/stopped; read \d+ = .*; continue with --resume/);
      const cut = scene.proxy.history.filter(({ operation, acked }) => isWrite(operation) && !acked);
      expect(cut.map(({ index }) => index)).toEqual([]);
      scene.proxy.watch = undefined;
      await scene.expectCommandResumes();
    },
  );

  it('P1 a stop in a first window that holds a reject: the checkpoint stays', async () => {
    const log = usualLog(60);
    scene = await Scene.open(engine, `{}\n${asLines(log)}`);
    const stop = new AbortController();
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) stop.abort(new Error('stopped'));
    };
    const options = { window: { events: 1_000, bytes: 1 << 20 } };
    await expect(scene.replay({ ...options, signal: stop.signal })).rejects.toThrow('stopped');
    expect(scene.recording.saved()).toMatchObject({ position: { offset: 0 }, done: false });
    scene.proxy.watch = undefined;
    const { code, result } = await scene.resume(options);
    expect([code, result?.rejected]).toEqual([3, 1]);
    expect(scene.recording.rejected()).toMatchObject([{ line: 1 }]);
    await scene.expectEqual(log);
  });

  it('P1 SIGINT once while nothing is answered: calls in flight get ten seconds, the checkpoint stays', async () => {
    await open();
    scene.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended } = spawned();
    let at = 0;
    scene.proxy.watch = (point, { operation }) => {
      if (at > 0 || point !== 'arrived' || !isWrite(operation)) return;
      at = Date.now();
      child.kill('SIGINT');
    };
    expect((await ended).signal).toBe('SIGINT');
    const took = Date.now() - at;
    expect(took).toBeGreaterThan(9_000);
    expect(took).toBeLessThan(13_000);
    scene.proxy.watch = undefined;
    await scene.expectCommandResumes();
  });

  it('P1 SIGINT twice: stops at once, the checkpoint stays', async () => {
    await open();
    scene.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended, stderr } = spawned();
    let at = 0;
    scene.proxy.watch = (point, { operation }) => {
      if (at > 0 || point !== 'arrived' || !isWrite(operation)) return;
      at = Date.now();
      child.kill('SIGINT');
    };
    while (!stderr().includes('stopping')) await delay(20);
    child.kill('SIGINT');
    expect((await ended).signal).toBe('SIGINT');
    expect(Date.now() - at).toBeLessThan(8_000);
    scene.proxy.watch = undefined;
    await scene.expectCommandResumes();
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
      await scene.replay({ window: { events: 3_000, bytes: 64 << 20 } });
      scene.proxy.reset();
      const args = [...what, '--format', 'jsonl', ...scene.target];
      const { code, stderr } = await runCommand(command, args, { stdout: readerGone() });
      expect([code, stderr]).toEqual([0, '']);
      expect(scene.proxy.history.length).toBeLessThanOrEqual(3);
      scene.proxy.reset();
      // one that stays gets every page
      expect((await runCommand(command, args)).code).toBe(0);
      expect(scene.proxy.history.length).toBeGreaterThan(3);
    },
  );

  it.each([
    ['', LOG, 0],
    [' with a reject', [...LOG, { event: 'client.danced' }], 3],
  ] as const)('P5 the reader of the result%s goes away: the replay is whole and ends as it would', async (_, log, exit) => {
    await open(asLines(log));
    const { code, stderr } = await scene.command(['--json'], { stdout: readerGone() });
    expect([code, stderr]).toEqual([exit, expect.stringContaining(`read ${log.length} = `) as string]);
    expect(scene.recording.saved()).toMatchObject({ done: true });
    await scene.expectEqual(LOG);
  });

  it('P6 a limit of file sizes cuts the checkpoint (EFBIG): exit 8, the one before stays readable', async () => {
    await open();
    // 1 KiB: the reject file is empty, the checkpoint is longer
    const { stderr } = await expectEnd(spawned([], { shell: "ulimit -f 2; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write checkpoint ${scene.recording.checkpoint} (EFBIG). Free space`);
    expect(stderr).toContain('run the same command with --resume');
    expect(readdirSync(scene.folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await scene.resume()).code).toBe(0);
    await scene.expectDone();
  });

  it('P7 a limit of file sizes cuts the reject file (EFBIG): exit 8, the watermark is before what was not recorded', async () => {
    const bad = Array.from({ length: 50 }, (_, number) => ({ event: 'client.danced', number, text: 'x'.repeat(2_000) }));
    await open(asLines([...LOG, ...bad]));
    const { stderr } = await expectEnd(spawned([], { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write reject file ${scene.recording.rejects} (EFBIG). Free space`);
    expect(scene.recording.saved()?.position.offset ?? 0).toBeLessThanOrEqual(asLines(LOG).length);
    const again = await scene.resume();
    expect([again.code, again.result?.rejected]).toEqual([3, 50]);
    expect(scene.recording.rejected()).toHaveLength(50);
    await scene.expectEqual(LOG);
  });

  it('P8 stdout is a full disk: exit 8, and the tables are whole', async () => {
    await open();
    const { stderr } = await expectEnd(spawned(['--json'], { shell: 'exec > /dev/full' }).ended, 8);
    expect(stderr).toContain('E_OUTPUT');
    await scene.expectEqual();
  });

  it('P8 the folder of --to-import is on a full disk (EFBIG): exit 8, no file has its name', async () => {
    await open(Array.from({ length: 300 }, (_, index) => publish(index, { payload: randomBytes(500).toString('hex') })));
    const folder = join(scene.folder.path, 'import');
    const args = ['replay', scene.recording.file, '--to-import', folder];
    const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write import file ${folder}/mqtt_msg/data/00001.json.gz (EFBIG)`);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.json'));
    expect(files).toContain('mqtt_msg/data/00001.json.gz.partial');
    expect(files).not.toContain('mqtt_msg/data/00001.json.gz');
  });

  it('P9 the input shrinks while it is read: exit 11', async () => {
    await open();
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) truncateSync(scene.recording.file, 1_000);
    };
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toContain(scene.recording.file);
    await scene.expectStanding();
    // what is gone cannot be gone on from
    scene.proxy.watch = undefined;
    expect((await scene.resume()).code).toBe(11);
  });

  it('P9 the input is replaced while it is read: exit 11, what was read is applied, the new one is not taken for it', async () => {
    await open();
    const other = asLines(usualLog(400, 2));
    let replaced = false;
    scene.proxy.watch = (point, { operation }) => {
      if (replaced || point !== 'arrived' || !isWrite(operation)) return;
      replaced = true;
      writeFileSync(`${scene.recording.file}.new`, other);
      renameSync(`${scene.recording.file}.new`, scene.recording.file);
    };
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toContain('was replaced while it was being read');
    await scene.expectStanding();
    const again = await scene.resume();
    expect([again.code, again.error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(readFileSync(scene.recording.file, 'utf8')).toBe(other);
  });

  it('P9 the input is replaced by one that begins like it: exit 11', async () => {
    const log = usualLog(800);
    await open(log);
    const text = asLines(log);
    expect(text.length).toBeGreaterThan(2 << 16);
    let replaced = false;
    scene.proxy.watch = (point, { operation }) => {
      if (replaced || point !== 'arrived' || !isWrite(operation)) return;
      replaced = true;
      writeFileSync(`${scene.recording.file}.new`, text.slice(0, 1 << 16) + text.slice(1 << 16).replaceAll('payload', 'other'));
      renameSync(`${scene.recording.file}.new`, scene.recording.file);
    };
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    await scene.expectStanding();
  });

  it('P9 the input is shorter than the checkpoint says: exit 11', async () => {
    await open();
    await scene.stopAfterSomeWrites();
    const before = readFileSync(scene.recording.checkpoint, 'utf8');
    truncateSync(scene.recording.file, 1_000);
    const { code, error } = await scene.resume();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toBe(`${scene.recording.file} is shorter than the checkpoint says`);
    expect(readFileSync(scene.recording.checkpoint, 'utf8')).toBe(before);
    await scene.expectStanding();
  });

  it('P10 a second replay with the same checkpoint: exit 11, the first is not touched', async () => {
    await open();
    scene.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 100 } : undefined);
    const first = scene.replay();
    while (!existsSync(`${scene.recording.checkpoint}.lock`)) await delay(5);
    const second = await scene.replay();
    expect([second.code, second.error?.code]).toEqual([11, 'E_LOCKED']);
    expect(second.error?.message).toMatch(new RegExp(`in use by pid ${process.pid} on ${hostname()} since .* \\(replay\\)`));
    expect(second.error?.hint).toContain('--break-lock');
    expect((await first).code).toBe(0);
    await scene.expectEqual();
  });

  it('P11 the lock of a run that was killed: taken over', async () => {
    await open();
    const { child, ended } = spawned();
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) child.kill('SIGKILL');
    };
    await ended;
    scene.proxy.watch = undefined;
    expect(existsSync(`${scene.recording.checkpoint}.lock`)).toBe(true);
    const { stderr } = await scene.expectCommandResumes();
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
    writeFileSync(`${scene.recording.checkpoint}.lock`, holderText(lock));
    const { code, notices } = await scene.replay();
    expect(code).toBe(0);
    expect(notices).toContain(`taking over the lock of pid ${process.pid}, which is gone: ${scene.recording.checkpoint}`);
    await scene.expectDone();
  });

  it('P11 a lock of another host: exit 11, and --break-lock takes it', async () => {
    await open();
    const lock = { pid: 1, host: 'host7', boot: 'x', since: '2026-01-01T00:00:00.000Z', command: 'replay', id: '' };
    writeFileSync(`${scene.recording.checkpoint}.lock`, holderText(lock));
    expect((await scene.replay()).code).toBe(11);
    const checkpoint = { path: scene.recording.checkpoint, keep: false, breakLock: true };
    expect((await scene.replay({ checkpoint })).code).toBe(0);
    await scene.expectEqual();
  });

  it.each([{ megabytes: 120, heap: 96 }, ...(LONG ? [{ megabytes: 1_000, heap: 256 }] : [])])(
    'P12 a log of $megabytes MB with a heap of $heap MB: exit 0, at most 400 MB',
    async ({ megabytes, heap }) => {
      await open('');
      const { file, rejects, checkpoint } = scene.recording;
      const retained = (index: number) => publish(index, { qos: 0, flags: { retain: true }, payload: 'x'.repeat(1_800) });
      const events = megabytes * 500;
      const log = openSync(file, 'w');
      for (let index = 0; index < events; index += 1_000)
        writeSync(log, asLines(Array.from({ length: 1_000 }, (_, at) => retained(index + at))));
      closeSync(log);
      expect(statSync(file).size).toBeGreaterThan(megabytes * 1e6);
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...scene.target];
      const options = { node: [`--max-old-space-size=${heap}`] };
      const { code, stderr, peak } = await measured(args, join(scene.folder.path, 'peak'), options);
      expect([code, stderr]).toEqual([0, stderr]);
      console.log(`P12: ${megabytes} MB of log with a heap of ${heap} MB, peak ${Math.round(peak)} MB`);
      expect(peak).toBeLessThan(400);
      await scene.expectEqual(Array.from({ length: 7 }, (_, at) => retained(events - 7 + at)));
    },
    300_000,
  );

  it('P13 the heap is exhausted: Node aborts, --resume goes on', async () => {
    const log = Array.from({ length: 20_000 }, (_, index) => publish(index, { payload: String(index) }));
    await open(log);
    const { code, signal } = await spawned([], { node: ['--max-old-space-size=12'] }).ended;
    expect(code === 134 || signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 133).toBe(true);
    expect((await scene.resume({ window: { events: 65_536, bytes: 64 << 20 } })).code).toBe(0);
    await scene.expectEqual();
  });

  it('P14 a fault of the program itself: exit 70, stack only on request, --resume goes on', async () => {
    await open();
    vi.spyOn(Writer.prototype, 'send').mockRejectedValue(new TypeError('x is not a function'));
    const { code, stderr } = await scene.command();
    expect(code).toBe(70);
    expect(stderr).toContain('E_BUG: TypeError: x is not a function. Please report it');
    expect(stderr).toContain('Nothing is lost: run the same command with --resume.');
    expect(stderr).not.toContain('    at ');
    // kept in a file for its owner alone (fault 18)
    const [, file] = /The stack is in (\S+\.txt)\./.exec(stderr) ?? [];
    expect(readFileSync(file!, 'utf8')).toContain('TypeError: x is not a function\n    at ');
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    rmSync(file!);
    const debug = await scene.command(['--break-lock'], { env: { MQDYN_DEBUG: '1' } });
    expect(debug.stderr).toContain('    at ');
    vi.restoreAllMocks();
    const again = await scene.command(['--resume']);
    expect([again.code, again.stderr]).toEqual([0, again.stderr]);
    await scene.expectEqual();
  });

  it('P14 counts that do not add up: exit 70', async () => {
    await open();
    vi.spyOn(Window.prototype, 'settle').mockResolvedValue();
    const { code, stderr } = await scene.command();
    expect(code).toBe(70);
    expect(stderr).toMatch(/E_BUG: the counts do not add up: read \d+ = applied 0 .*Please report it/);
    expect(scene.recording.saved()).toMatchObject({ done: false });
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
    await scene.stopAfterSomeWrites();
    const { checkpoint } = scene.recording;
    const damaged = damage(readFileSync(checkpoint, 'utf8'));
    writeFileSync(checkpoint, damaged);
    const rows = await scene.rows();
    const { code, error } = await scene.resume();
    expect([code, error?.code]).toEqual([4, 'E_CHECKPOINT']);
    expect(error?.message).toContain(`${checkpoint} is damaged (`);
    expect(error?.hint).toBe('Delete it to start over.');
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect(await scene.rows()).toEqual(rows);
    expect(readFileSync(checkpoint, 'utf8')).toBe(damaged);
  });

  it.each(['another input', 'another target', 'another option', 'a table made anew'])(
    'P16 --resume with %s: exit 11, nothing written',
    async (what) => {
      await open();
      await scene.stopAfterSomeWrites();
      const { checkpoint, file } = scene.recording;
      const before = readFileSync(checkpoint, 'utf8');
      let options: Parameters<Scene['resume']>[0] = {};
      if (what === 'another input') writeFileSync(file, asLines(usualLog(300, 2)));
      if (what === 'another option') options = { fingerprint: { 'time-unit': 'ms' } };
      if (what === 'a table made anew') {
        await deleteTable(scene.direct, `${scene.prefix}mqtt_msg`);
        await delay(20);
        await createTables(scene.direct, scene.prefix);
      }
      if (what === 'another target') {
        await createTables(scene.direct, `other-${scene.prefix}`);
        options = { liveName: (table) => `other-${scene.prefix}${table}` };
      }
      const rows = await scene.rows();
      const { code, error } = await scene.resume(options);
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`the checkpoint ${checkpoint} is for `);
      expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
      expect(await scene.rows()).toEqual(rows);
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
      const { file, rejects, checkpoint } = scene.recording;
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
      const { file, rejects, checkpoint } = scene.recording;
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
      // half of a recording of 400 KB
      const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 400; trap '' XFSZ" }).ended, 8);
      expect(stderr).toContain(`E_OUTPUT: the embedded engine in ${data} cannot be written`);
      expect(stderr).toContain('run the same command with --resume');
      expect(scene.recording.saved()).toMatchObject({ done: false });
      expect(scene.recording.rejected()).toEqual([]);
      const kept = await rowsIn(data);
      const whole = new ReferenceModel().applyAll([before, ...scene.events!]).rows();
      expect(kept.filter((row) => row.startsWith('mqtt_msg')).filter((row) => !whole.includes(row))).toEqual([]);
      expect(kept.join()).toContain('payload 9999');
      expect((await replayInto(target, ['--resume'])).code).toBe(0);
      expect(await rowsIn(data)).toEqual(whole);
    });
  });

  it('P19 stdin ends in the middle of a line: exit 3, and it cannot be resumed', async () => {
    await open();
    const { rejects } = scene.recording;
    const stdin = asLines(LOG).slice(0, -20);
    const { code, stderr } = await runCommand(Replay, ['-', '--rejects', rejects, ...scene.target], { stdin });
    expect([code, stderr]).toEqual([3, expect.stringContaining('E_TAIL: the last line of stdin is incomplete') as string]);
    // stdin cannot be read again
    expect(stderr).not.toContain('--resume');
    await scene.expectEqual(LOG.slice(0, -1));
    const resumed = await runCommand(Replay, ['-', '--resume', ...scene.target], { stdin });
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('stdin cannot be read again') as string]);
  });
});

describe('state faults', () => {
  it('S9 a table is being deleted: exit 11, untouched', async () => {
    const slow = await memoryEngine({ createTableMs: 0, deleteTableMs: 3_000 } as object);
    scene = await Scene.open(slow, LOG);
    await deleteTable(scene.direct, `${scene.prefix}mqtt_msg`);
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([11, 'E_TABLE_STATE']);
    expect(error?.message).toContain('DELETING; DynamoDB may still accept writes and lose them');
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([scene.recording.checkpoint, scene.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
    await scene.close();
    await slow.stop();
  });

  it('S15 a table is missing: exit 4, the table and the place named', async () => {
    await open();
    await deleteTable(scene.direct, `${scene.prefix}mqtt_acked`);
    await delay(20);
    const { code, stderr } = await scene.command();
    expect(code).toBe(4);
    expect(stderr).toContain(`${scene.prefix}mqtt_acked not found in local at ${scene.proxy.url}`);
    expect(stderr).toContain('Run: mqdyn tables create');
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([scene.recording.checkpoint, scene.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
  });

  it.each(['between two writes', 'after the last write'])(
    'S16 a table is dropped and made anew %s: exit 11, what was written before is lost, and it says so',
    async (when) => {
      await open();
      let made: Promise<unknown> | undefined;
      let isBusy = false;
      const anew = () => {
        isBusy = made === undefined;
        made ??= deleteTable(scene.direct, `${scene.prefix}mqtt_retain`)
          .then(() => delay(20))
          .then(() => createTables(scene.direct, scene.prefix))
          .finally(() => (isBusy = false));
      };
      // calls that come meanwhile reach the engine when there is a table again
      scene.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      scene.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') anew();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'between two writes') anew();
      };
      const { code, error } = await scene.replay({ concurrency: 1 });
      await made;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${scene.prefix}mqtt_retain changed identity during the run`);
      expect(error?.hint).toBe('What was written before is lost. Start over without --resume.');
      scene.proxy.reset();
      const again = await scene.resume();
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
        dropped ??= deleteTable(scene.direct, `${scene.prefix}mqtt_retain`)
          .then(() => delay(50))
          .finally(() => (isBusy = false));
      };
      // calls that come meanwhile reach the engine when the table is gone
      scene.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      scene.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') drop();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'in the middle') drop();
      };
      const { code, error } = await scene.replay({ concurrency: 1 });
      await dropped;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${scene.prefix}mqtt_retain not found in local at`);
      expect(error?.message).toContain('dropped during the run');
      expect(error?.hint).toBe('What was written before is lost. Start over without --resume.');
      await createTables(scene.direct, scene.prefix);
    },
  );
});

/** Runs something as somebody for whom the modes of files count. */
async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(scene.folder.path, 0o755);
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
    const args = [scene.recording.file, '--endpoint-url', 'https://mqdyn.invalid', '--region', 'local'];
    const { code, stderr } = await runCommand(Replay, args);
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    expect([code, stderr]).toEqual([6, expect.stringContaining('E_CREDENTIALS: none found for local') as string]);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect((await scene.command()).code).toBe(0);
  });

  it.each(['UnrecognizedClientException', 'InvalidSignatureException'])(
    'A2 %s: exit 6, nothing made, the key named by its last four characters',
    async (name) => {
      await open();
      scene.proxy.plan = () => ({ kind: 'error', name });
      const credentials = join(scene.folder.path, 'credentials');
      writeFileSync(credentials, '[own]\naws_access_key_id = AKIAEXAMPLE12345\naws_secret_access_key = mqdynsecret\n');
      const { file, rejects, checkpoint } = scene.recording;
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...scene.target, '--profile', 'own'];
      const { stderr } = await expectEnd(start(args, { env: { AWS_SHARED_CREDENTIALS_FILE: credentials } }).ended, 6);
      expect(stderr).toContain(`refused the credentials (${name}, profile "own", key id ...2345)`);
      expect(stderr).not.toMatch(/AKIA|mqdynsecret/);
      scene.proxy.reset();
      await scene.expectUntouched();
    },
  );

  /** One table is denied in the middle of a run: it stops without a reject, and goes on when it may. */
  async function expectDenied(said: string): Promise<void> {
    await open();
    const fault = { kind: 'error', name: 'AccessDeniedException', message: said } as const;
    let calls = 0;
    scene.proxy.plan = ({ tables, operation }) =>
      isWrite(operation) && tables[0]!.endsWith('mqtt_acked') && (calls += 1) > 2 ? fault : undefined;
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([6, 'E_DENIED']);
    expect(error?.message).toBe(`dynamodb:BatchWriteItem on ${scene.prefix}mqtt_acked: ${said}`);
    await scene.expectResumable();
  }

  it('A3 one table is denied in the middle: exit 6, stops, no reject', () => expectDenied('not authorised'));

  it('A5 the key of one table (KMS) is denied in the middle: exit 6, stops, no reject', () =>
    expectDenied('The ciphertext refers to a key that this principal may not use (KMS)'));

  it('A4 DescribeTable denied: exit 6; with --no-preflight the writes are made', async () => {
    await open();
    scene.proxy.plan = ({ operation }) =>
      operation === 'DescribeTable' ? { kind: 'error', name: 'AccessDeniedException' } : undefined;
    const { code, stderr } = await scene.command();
    expect([code, stderr]).toEqual([6, expect.stringContaining('dynamodb:DescribeTable') as string]);
    expect(stderr).toContain('--no-preflight');
    await scene.expectUntouched();
    expect((await scene.command(['--no-preflight'])).code).toBe(0);
    await scene.expectEqual();
  });

  it('A6 the input is missing, is a folder, or may not be read: exit 4, path and errno', async () => {
    await open();
    const missing = join(scene.folder.path, 'missing');
    const gone = await runCommand(Replay, [missing, ...scene.target]);
    expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining(`${missing} cannot be read (ENOENT)`) as string]);
    const folder = await runCommand(Replay, [scene.folder.path, ...scene.target]);
    expect([folder.code, folder.stderr]).toEqual([4, expect.stringContaining('is a directory') as string]);
    const { file } = scene.recording;
    chmodSync(file, 0);
    const closed = await unprivileged(() => scene.command());
    expect([closed.code, closed.stderr]).toEqual([4, expect.stringContaining(`${file} cannot be read (EACCES)`) as string]);
    await scene.expectUntouched();
  });

  it.each(['--rejects', '--checkpoint'])('A7 the folder of %s is not there: exit 8 before the first write', async (flag) => {
    await open();
    const path = join(scene.folder.path, 'missing', 'file');
    const { code, stderr } = await scene.command([flag, path]);
    expect(code).toBe(8);
    expect(stderr).toMatch(/E_OUTPUT: cannot write .*missing.*\(ENOENT\)/);
    expect(scene.proxy.calls['BatchWriteItem']).toBeUndefined();
    expect(await scene.rows()).toEqual([]);
  });

  it.each(['--rejects', '--checkpoint'])(
    'A7 the folder of %s may not be written: exit 8 before the first write',
    async (flag) => {
      await open();
      expect((await scene.command()).code).toBe(0);
      scene.proxy.reset();
      const folder = join(scene.folder.path, 'closed');
      mkdirSync(folder, { mode: 0o555 });
      const own = join(scene.folder.path, 'own');
      mkdirSync(own);
      chmodSync(own, 0o777);
      const path = join(folder, 'file');
      const other = flag === '--rejects' ? ['--checkpoint', join(own, 'file')] : ['--rejects', join(own, 'file')];
      const { code, stderr } = await unprivileged(() => scene.command([flag, path, ...other]));
      expect([code, stderr]).toEqual([8, expect.stringMatching(/E_OUTPUT: cannot write .*closed.*\(EACCES\)/) as string]);
      expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    },
  );

  describe.each(['rejects', 'checkpoint'] as const)('A8 the file for the %s', (which) => {
    const expectRefused = async (why: string) => {
      const { code, stderr } = await scene.command();
      expect([code, stderr]).toEqual([11, expect.stringContaining(`${scene.recording[which]} ${why}`) as string]);
      expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    };

    it('is a link: exit 11, and what it leads to stays as it is', async () => {
      await open();
      const elsewhere = join(scene.folder.path, 'elsewhere');
      writeFileSync(elsewhere, '');
      symlinkSync(elsewhere, scene.recording[which]);
      await expectRefused('is a symbolic link');
      expect(readFileSync(elsewhere, 'utf8')).toBe('');
    });

    it.each([0o666, 0o660, 0o602])('is writable by others (mode %o): exit 11', async (mode) => {
      await open();
      writeFileSync(scene.recording[which], '');
      chmodSync(scene.recording[which], mode);
      await expectRefused(`is writable by others (mode ${mode.toString(8)})`);
    });

    it.runIf(process.getuid?.() === 0)('belongs to another user: exit 11', async () => {
      await open();
      writeFileSync(scene.recording[which], '');
      chownSync(scene.recording[which], 65_534, 65_534);
      await expectRefused('belongs to another user');
    });

    it('is a folder: exit 8', async () => {
      await open();
      mkdirSync(scene.recording[which]);
      const { code, stderr } = await scene.command();
      expect([code, stderr]).toEqual([8, expect.stringContaining(`${scene.recording[which]} (EISDIR)`) as string]);
      expect(await scene.rows()).toEqual([]);
    });
  });
});
