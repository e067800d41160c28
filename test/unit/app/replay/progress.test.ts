import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ReplayInputs } from '../../../../src/app/replay/inputs.ts';
import { Reading, windows } from '../../../../src/app/replay/windows.ts';
import { findInput } from '../../../../src/files/input.ts';
import { asLines, replayOptionsOf } from '../../../harness/replay-run.ts';
import { publish } from '../../../harness/replay-fixture.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const LOG = Array.from({ length: 25 }, (_, index) => publish(index));

async function file(name: string, content: string) {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return findInput(path);
}

describe('how far a replay is', () => {
  it('reads no window before the last one was dealt with', async () => {
    const options = replayOptionsOf({ inputs: [await file('log.jsonl', asLines(LOG))], window: { events: 10, bytes: 1 << 20 } });
    const reading = new Reading(options);
    const taken: [read: number, ofWindow: number][] = [];
    for await (const window of windows(new ReplayInputs(options), options, reading)) {
      await delay(20);
      taken.push([reading.read, window.counts.read]);
    }
    expect(taken).toEqual([
      [10, 10],
      [20, 10],
      [25, 5],
    ]);
  });

  it('reaches all bytes where --resume skips inputs', async () => {
    const inputs = [await file('a.jsonl', asLines(LOG)), await file('b.jsonl', asLines(LOG.slice(0, 3)))];
    const position = { input: 1, offset: 0, number: 1, framing: 'lines' as const };
    const signal = new AbortController().signal;
    const options = { inputs, stdin: Readable.from([]), maxLine: 1 << 20, signal };
    const source = new ReplayInputs(options, { position, mtimes: [0, 0] });
    let records = 0;
    for await (const input of source.open()) for await (const block of input.blocks) records += block.length;
    expect(records).toBe(3);
    expect(source.bytesRead).toBe(source.bytes);
  });
});
