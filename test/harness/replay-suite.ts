import { afterAll, beforeAll } from 'vitest';
import { memoryEngine, type MemoryEngine } from './memory-engine.ts';
import { ReplayFixture } from './replay-fixture.ts';

type OpenArguments = Parameters<typeof ReplayFixture.open> extends [unknown, ...infer Rest] ? Rest : never;

/** One engine for the tests of a file, and fixtures on it. They are closed at the end: tests of a file may run concurrently. */
export function replaySuite() {
  let engine: MemoryEngine;
  const opened: ReplayFixture[] = [];

  beforeAll(async () => {
    engine = await memoryEngine();
  });
  afterAll(async () => {
    for (const fixture of opened) await fixture.close();
    await engine.stop();
  });

  const open = async (...args: OpenArguments): Promise<ReplayFixture> => {
    const fixture = await ReplayFixture.open(engine, ...args);
    opened.push(fixture);
    return fixture;
  };
  return { open };
}
