import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { startEmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { holderText } from '../../src/files/lock-holder.ts';
import { expectEnd, start } from '../harness/built.ts';
import { connectTo } from '../harness/memory-engine.ts';
import { publish, usualLog, type ReplayFixture } from '../harness/replay-fixture.ts';
import { asLines, liveRows } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';
import { ReferenceModel } from '../model/reference-model.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

// one of these tests waits five seconds for a lock
describe.concurrent('P18 the embedded engine', () => {
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

  const replayInto = (fixture: ReplayFixture, target: string[], args: string[] = []) => {
    const { file, rejects, checkpoint } = fixture.recording;
    return runCommand(Replay, [file, '--rejects', rejects, '--checkpoint', checkpoint, ...target, ...args]);
  };

  it('its folder is in use: exit 11, the folder named', async () => {
    const fixture = await open();
    const { data, target } = await dataFolder();
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const lock = { pid: process.pid, host: hostname(), boot, since: '2026-01-01T00:00:00.000Z', command: 'replay', id: '' };
    writeFileSync(join(data, 'dynamodb.lock'), holderText(lock));
    const { code, stderr } = await replayInto(fixture, target);
    expect([code, stderr]).toEqual([11, expect.stringContaining(`E_LOCKED: the data folder ${data} is in use`) as string]);
    rmSync(join(data, 'dynamodb.lock'));
    expect(await rowsIn(data)).toEqual([]);
  });

  it('its store is open in another process that has lost its lock: exit 11, the folder named', async () => {
    const fixture = await open();
    const { data, target } = await dataFolder();
    const other = await startEmbeddedEngine(join(data, 'dynamodb'));
    const { code, stderr } = await replayInto(fixture, target);
    await other.close();
    expect([code, stderr]).toEqual([11, expect.stringContaining(`E_LOCKED: the data folder ${data}`) as string]);
  });

  it('its folder cannot be created: exit 8, the folder named', async () => {
    const fixture = await open();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await replayInto(fixture, local(join(file, 'data')));
    expect([code, stderr]).toEqual([8, expect.stringContaining(file) as string]);
  });

  it('its store is a file: exit 8, the folder named', async () => {
    const fixture = await open();
    const data = mkdtempSync(join(folder.path, 'data-'));
    writeFileSync(join(data, 'dynamodb'), '');
    const { code, stderr } = await replayInto(fixture, local(data));
    expect([code, stderr]).toEqual([8, expect.stringContaining(`E_OUTPUT: cannot make the data folder ${data}`) as string]);
  });

  it.each([
    ['CURRENT', 'holds something else', (path: string) => writeFileSync(path, 'garbage')],
    ['MANIFEST', 'holds something else', (path: string) => writeFileSync(path, Buffer.alloc(500, 0xa5))],
    ['MANIFEST', 'is gone', (path: string) => rmSync(path)],
    ['.ldb', 'holds something else', (path: string) => writeFileSync(path, Buffer.alloc(5_000, 0xa5))],
  ])('its folder is damaged (%s %s): exit 4, the folder named', async (name, _, damage) => {
    const fixture = await open();
    const { data, target } = await dataFolder();
    // a second start moves the tables from the log of the store to a file of their own
    await rowsIn(data);
    const store = join(data, 'dynamodb');
    for (const file of readdirSync(store).filter((one) => one.includes(name))) damage(join(store, file));
    const { code, stderr } = await replayInto(fixture, target);
    expect([code, stderr]).toEqual([4, expect.stringContaining('E_DATA') as string]);
    expect(stderr).toMatch(new RegExp(`${data}.* is damaged`));
    expect(existsSync(join(data, 'dynamodb.lock'))).toBe(false);
  });

  it('its disk is full (EFBIG): exit 8, the folder named, earlier data is kept and --resume goes on', async () => {
    const fixture = await open(Array.from({ length: 300 }, (_, index) => publish(index, { payload: 'x'.repeat(1_000) })));
    const { data, target } = await dataFolder();
    const before = publish(9_999);
    const first = await runCommand(Replay, ['-', ...target], { stdin: asLines([before]) });
    expect(first.code).toBe(0);
    const { file, rejects, checkpoint } = fixture.recording;
    const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
    // the limit is half the size of the recording
    const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 400; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write to the data folder ${data}`);
    expect(stderr).toContain('run the same command with --resume');
    expect(fixture.recording.saved()).toMatchObject({ done: false });
    expect(fixture.recording.rejected()).toEqual([]);
    const kept = await rowsIn(data);
    const whole = new ReferenceModel().applyAll([before, ...fixture.events!]).rows();
    expect(kept.filter((row) => row.startsWith('mqtt_msg')).filter((row) => !whole.includes(row))).toEqual([]);
    expect(kept.join()).toContain('payload 9999');
    expect((await replayInto(fixture, target, ['--resume'])).code).toBe(0);
    expect(await rowsIn(data)).toEqual(whole);
  });
});
