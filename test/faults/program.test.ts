import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Window } from '../../src/app/replay/window.ts';
import Replay from '../../src/commands/replay.ts';
import { Writer } from '../../src/dynamo/writer.ts';
import { measured } from '../harness/built.ts';
import { LONG } from '../harness/long.ts';
import { publish, usualLog } from '../harness/replay-fixture.ts';
import { asLines } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

afterEach(() => vi.restoreAllMocks());

describe('the program itself', () => {
  it.each([{ megabytes: 120, heap: 96 }, ...(LONG ? [{ megabytes: 1_000, heap: 256 }] : [])])(
    'P12 a log of $megabytes MB with a heap of $heap MB: exit 0, at most 400 MB',
    async ({ megabytes, heap }) => {
      const fixture = await open('');
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
    const fixture = await open(log);
    const { code, signal } = await fixture.start([], { node: ['--max-old-space-size=12'] }).ended;
    expect(code === 134 || signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 133).toBe(true);
    expect((await fixture.resume({ window: { events: 65_536, bytes: 64 << 20 } })).code).toBe(0);
    await fixture.expectEqual();
  });

  it('P14 a bug of the program: exit 70, the stack only on request, --resume goes on', async () => {
    const fixture = await open();
    vi.spyOn(Writer.prototype, 'send').mockRejectedValue(new TypeError('x is not a function'));
    const { code, stderr } = await fixture.command();
    expect(code).toBe(70);
    expect(stderr).toContain('E_BUG: TypeError: x is not a function. Please report it');
    expect(stderr).toContain('Nothing is lost: run the same command with --resume.');
    expect(stderr).not.toContain('    at ');
    // kept in a file for its owner alone (fault 18)
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
    const fixture = await open();
    vi.spyOn(Window.prototype, 'settle').mockResolvedValue();
    const { code, stderr } = await fixture.command();
    expect(code).toBe(70);
    expect(stderr).toMatch(/E_BUG: the counts do not add up: read \d+ = applied 0 .*Please report it/);
    expect(fixture.recording.saved()).toMatchObject({ done: false });
  });

  it('P17 a live broker on the same tables cannot be detected: the help says so', () => {
    expect(Replay.description).toContain('use it where no broker writes');
  });
});
