import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isWrite } from '../harness/fault-proxy.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { asLines } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

// most of the time these tests wait
describe.concurrent('a stop signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'P1 P2 %s: calls in flight finish, the checkpoint is kept, the process dies by the signal',
    async (signal) => {
      const fixture = await open();
      fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 400 } : undefined);
      const { child, ended } = fixture.start();
      let sent = false;
      fixture.proxy.watch = (point, { operation }) => {
        if (sent || point !== 'arrived' || !isWrite(operation)) return;
        sent = true;
        setTimeout(() => child.kill(signal), 50);
      };
      const exited = await ended;
      expect([exited.signal, exited.code]).toEqual([signal, null]);
      expect(exited.stderr).toMatch(/stopping: waiting for \d+ calls \(interrupt again to stop now\)/);
      expect(exited.stderr).toMatch(/stopped; read \d+ = .*; continue with --resume/);
      const cut = fixture.proxy.history.filter(({ operation, acked }) => isWrite(operation) && !acked);
      expect(cut.map(({ index }) => index)).toEqual([]);
      fixture.proxy.watch = undefined;
      await fixture.expectCommandResumes();
    },
  );

  it('P1 a stop during a first window with a reject: the checkpoint is kept', async () => {
    const log = usualLog(60);
    const fixture = await suite.open(`{}\n${asLines(log)}`);
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

  it('P1 SIGINT once while no call is answered: calls in flight get ten seconds, the checkpoint is kept', async () => {
    const fixture = await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended } = fixture.start();
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

  it('P1 SIGINT twice: stops at once, the checkpoint is kept', async () => {
    const fixture = await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined);
    const { child, ended, stderr } = fixture.start();
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
});
