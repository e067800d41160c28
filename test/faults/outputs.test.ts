import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import Query from '../../src/commands/query.ts';
import Scan from '../../src/commands/scan.ts';
import { expectEnd, start } from '../harness/built.ts';
import { ack, publish, usualLog } from '../harness/replay-fixture.ts';
import { asLines } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { runCommand } from '../harness/run-command.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

/** A stdout whose reader has gone. */
const readerGone = () =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    },
  });

describe('an output that fails', () => {
  it.each([
    ['scan', Scan, ['mqtt_msg'], (index: number) => publish(index, { payload: 'x'.repeat(3_000) })],
    [
      'query',
      Query,
      ['mqtt_acked', 'one'],
      (index: number) => ack(index, { topic: 'one', clientid: `${index}`.padStart(1_000) }),
    ],
  ] as const)(
    'P4 the reader of a %s goes away: exit 0, no message, at most one more page is read',
    async (_, command, what, event) => {
      const fixture = await open(Array.from({ length: 3_000 }, (__, index) => event(index)));
      await fixture.replay({ window: { events: 3_000, bytes: 64 << 20 } });
      fixture.proxy.reset();
      const args = [...what, '--format', 'jsonl', ...fixture.target];
      const { code, stderr } = await runCommand(command, args, { stdout: readerGone() });
      expect([code, stderr]).toEqual([0, '']);
      expect(fixture.proxy.history.length).toBeLessThanOrEqual(3);
      fixture.proxy.reset();
      // a reader that stays gets every page
      expect((await runCommand(command, args)).code).toBe(0);
      expect(fixture.proxy.history.length).toBeGreaterThan(3);
    },
  );

  it.each([
    ['', LOG, 0],
    [' with a reject', [...LOG, { event: 'client.danced' }], 3],
  ] as const)('P5 the reader of the result%s goes away: the replay completes and exits as usual', async (_, log, exit) => {
    const fixture = await open(asLines(log));
    const { code, stderr } = await fixture.command(['--json'], { stdout: readerGone() });
    expect([code, stderr]).toEqual([exit, expect.stringContaining(`read ${log.length} = `) as string]);
    expect(fixture.recording.saved()).toMatchObject({ done: true });
    await fixture.expectEqual(LOG);
  });

  it('P6 the checkpoint exceeds the file size limit (EFBIG): exit 8, the previous one stays readable', async () => {
    const fixture = await open();
    // 1 KiB: the reject file is empty, the checkpoint is longer
    const { stderr } = await expectEnd(fixture.start([], { shell: "ulimit -f 2; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write checkpoint ${fixture.recording.checkpoint} (EFBIG). Free space`);
    expect(stderr).toContain('run the same command with --resume');
    expect(readdirSync(fixture.folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await fixture.resume()).code).toBe(0);
    await fixture.expectDone();
  });

  it('P7 the reject file exceeds the file size limit (EFBIG): exit 8, the checkpoint stays before what was not recorded', async () => {
    const bad = Array.from({ length: 50 }, (_, number) => ({ event: 'client.danced', number, text: 'x'.repeat(2_000) }));
    const fixture = await open(asLines([...LOG, ...bad]));
    const { stderr } = await expectEnd(fixture.start([], { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write reject file ${fixture.recording.rejects} (EFBIG). Free space`);
    expect(fixture.recording.saved()?.position.offset ?? 0).toBeLessThanOrEqual(asLines(LOG).length);
    const again = await fixture.resume();
    expect([again.code, again.result?.rejected]).toEqual([3, 50]);
    expect(fixture.recording.rejected()).toHaveLength(50);
    await fixture.expectEqual(LOG);
  });

  it('P8 stdout is on a full disk: exit 8, and the tables are complete', async () => {
    const fixture = await open();
    const { stderr } = await expectEnd(fixture.start(['--json'], { shell: 'exec > /dev/full' }).ended, 8);
    expect(stderr).toContain('E_OUTPUT');
    await fixture.expectEqual();
  });

  it('P8 the folder of --to-import is on a full disk (EFBIG): exit 8, no unfinished file has its final name', async () => {
    const fixture = await open(
      Array.from({ length: 300 }, (_, index) => publish(index, { payload: randomBytes(500).toString('hex') })),
    );
    const folder = join(fixture.folder.path, 'import');
    const args = ['replay', fixture.recording.file, '--to-import', folder];
    const { stderr } = await expectEnd(start(args, { shell: "ulimit -f 100; trap '' XFSZ" }).ended, 8);
    expect(stderr).toContain(`E_OUTPUT: cannot write data file ${folder}/mqtt_msg/data/00001.json.gz (EFBIG)`);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.json'));
    expect(files).toContain('mqtt_msg/data/00001.json.gz.partial');
    expect(files).not.toContain('mqtt_msg/data/00001.json.gz');
  });
});
