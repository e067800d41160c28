import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deleteTable } from '../../src/dynamo/tables.ts';
import { holderText } from '../../src/files/lock-holder.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { createTables } from '../harness/memory-engine.ts';
import { type ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { asLines } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

describe('the checkpoint and its lock', () => {
  it('P10 a second replay with the same checkpoint: exit 11, the first is not disturbed', async () => {
    const fixture = await open();
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 30 } : undefined);
    const first = fixture.replay();
    while (!existsSync(`${fixture.recording.checkpoint}.lock`)) await delay(5);
    const second = await fixture.replay();
    expect([second.code, second.error?.code]).toEqual([11, 'E_LOCKED']);
    expect(second.error?.message).toMatch(new RegExp(`in use by pid ${process.pid} on ${hostname()} since .* \\(replay\\)`));
    expect(second.error?.hint).toContain('--break-lock');
    expect((await first).code).toBe(0);
    await fixture.expectEqual();
  });

  it('P11 the lock of a run that was killed is taken over', async () => {
    const fixture = await open();
    const { child, ended } = fixture.start();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) child.kill('SIGKILL');
    };
    await ended;
    fixture.proxy.watch = undefined;
    expect(existsSync(`${fixture.recording.checkpoint}.lock`)).toBe(true);
    const { stderr } = await fixture.expectCommandResumes();
    expect(stderr).toContain(`taking over the lock of pid ${child.pid}`);
  });

  it('P11 a lock from before the last reboot, its pid reused, is taken over', async () => {
    const fixture = await open();
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
    const fixture = await open();
    const lock = { pid: 1, host: 'host7', boot: 'x', since: '2026-01-01T00:00:00.000Z', command: 'replay', id: '' };
    writeFileSync(`${fixture.recording.checkpoint}.lock`, holderText(lock));
    expect((await fixture.replay()).code).toBe(11);
    const checkpoint = { path: fixture.recording.checkpoint, keep: false, breakLock: true };
    expect((await fixture.replay({ checkpoint })).code).toBe(0);
    await fixture.expectEqual();
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, text.length >> 1)],
    ['edited', (text: string) => text.replace(/"offset":\d+/, '"offset":-1')],
    ['of a newer version', (text: string) => text.replace('"checkpoint":2', '"checkpoint":12')],
    ['without its lists', (text: string) => text.replace('"inputs"', '"imputs"')],
    ['null', () => '{"checkpoint":2,"state":null}'],
  ])('P15 a checkpoint that is %s: exit 4, nothing written, no silent restart', async (_, damage) => {
    const fixture = await open();
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
      const fixture = await open();
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
});
