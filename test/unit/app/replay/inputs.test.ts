import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ReplayInputs } from '../../../../src/app/replay/inputs.ts';
import { findInput } from '../../../../src/files/input.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
afterEach(() => vi.useRealTimers());

describe('the time of records without one', () => {
  const opened = async (name: string) => {
    const signal = new AbortController().signal;
    const stdin = new PassThrough().end();
    const inputs = new ReplayInputs({ inputs: [await findInput(name)], stdin, maxLine: 1024, signal });
    const { value } = await inputs.open().next();
    return value!;
  };

  it('is now, at every moment, for what comes on stdin (fault 24)', async () => {
    const input = await opened('-');
    vi.useFakeTimers({ toFake: ['Date'], now: 1_714_727_730_250 });
    expect(input.fallbackMillis).toBe(1_714_727_730_250);
    vi.setSystemTime(1_714_727_999_999);
    expect(input.fallbackMillis).toBe(1_714_727_999_999);
  });

  it('is the file time for a recording, however late it is read (fault 24)', async () => {
    const path = join(folder.path, 'events.jsonl');
    writeFileSync(path, '{}\n');
    utimesSync(path, 1_714_727_730, 1_714_727_730);
    expect((await opened(path)).fallbackMillis).toBe(1_714_727_730_000);
  });
});
