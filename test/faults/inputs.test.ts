import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { asLines } from '../harness/replay-run.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { runCommand } from '../harness/run-command.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

describe('an input that changes or ends while it is read', () => {
  it('P9 the input shrinks while it is read: exit 11', async () => {
    const fixture = await open();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) truncateSync(fixture.recording.file, 1_000);
    };
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toContain(fixture.recording.file);
    await fixture.expectStanding();
    // the position in the checkpoint no longer exists
    fixture.proxy.watch = undefined;
    expect((await fixture.resume()).code).toBe(11);
  });

  it('P9 the input is replaced while it is read: exit 11, what was read is applied, --resume does not continue in the new file', async () => {
    const fixture = await open();
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
    expect(error?.message).toContain('was replaced while it was being read');
    await fixture.expectStanding();
    const again = await fixture.resume();
    expect([again.code, again.error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(readFileSync(fixture.recording.file, 'utf8')).toBe(other);
  });

  it('P9 the input is replaced by a file with the same beginning: exit 11', async () => {
    const log = usualLog(800);
    const fixture = await open(log);
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
    const fixture = await open();
    await fixture.stopAfterSomeWrites();
    const before = readFileSync(fixture.recording.checkpoint, 'utf8');
    truncateSync(fixture.recording.file, 1_000);
    const { code, error } = await fixture.resume();
    expect([code, error?.code]).toEqual([11, 'E_INPUT_CHANGED']);
    expect(error?.message).toBe(`${fixture.recording.file} is shorter than the checkpoint says`);
    expect(readFileSync(fixture.recording.checkpoint, 'utf8')).toBe(before);
    await fixture.expectStanding();
  });

  it('P19 stdin ends in the middle of a line: exit 3, and it cannot be resumed', async () => {
    const fixture = await open();
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
