import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Replay } from '../../../src/app/replay-events.ts';
import { ReplayInputs } from '../../../src/app/replay-inputs.ts';
import { findInput } from '../../../src/files/input.ts';
import { asLines, replayOptionsOf } from '../../harness/replay-run.ts';
import { publish } from '../../harness/scene.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const LOG = Array.from({ length: 25 }, (_, index) => publish(index));

async function file(name: string, content: string) {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return findInput(path);
}

describe('how far a replay is', () => {
  it('counts the window that is under way among what was read', async () => {
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const options = replayOptionsOf({ inputs: [await file('log.jsonl', asLines(LOG))], window: { events: 10, bytes: 1 << 20 } });
    const sink = {
      send: async () => {
        await answered;
        return [];
      },
      keepRejects: async () => undefined,
      settled: async () => undefined,
    };
    const replay = new Replay(options, sink, undefined);
    const done = replay.run(new ReplayInputs(options).open());
    // one window under way, the next one full
    await vi.waitFor(() => expect([replay.read, replay.counts.read]).toEqual([20, 0]));
    answer();
    await done;
    expect([replay.read, replay.counts.read]).toEqual([25, 25]);
  });

  it('comes to all bytes where --resume passes inputs over', async () => {
    const inputs = [await file('a.jsonl', asLines(LOG)), await file('b.jsonl', asLines(LOG.slice(0, 3)))];
    const watermark = { input: 1, offset: 0, number: 1, framing: 'lines' as const };
    const source = new ReplayInputs({ inputs, stdin: Readable.from([]), maxLine: 1 << 20 }, { watermark, mtimes: [0, 0] });
    let records = 0;
    for await (const input of source.open()) for await (const block of input.records) records += block.length;
    expect(records).toBe(3);
    expect(source.bytesRead).toBe(source.bytes);
  });
});
