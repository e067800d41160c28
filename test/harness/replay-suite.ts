import { afterAll, afterEach, beforeAll } from 'vitest';
import { memoryEngine, type MemoryEngine } from './memory-engine.ts';
import { ReplayFixture } from './replay-fixture.ts';

type OpenArguments = Parameters<typeof ReplayFixture.open> extends [unknown, ...infer Rest] ? Rest : never;

/** One engine for the tests of a file. Fixtures that a test opens on it are closed when the test ends. */
export function replaySuite() {
  let engine: MemoryEngine;
  const opened: ReplayFixture[] = [];

  beforeAll(async () => {
    engine = await memoryEngine();
  });
  afterEach(async () => {
    for (const fixture of opened.splice(0)) await fixture.close();
  });
  afterAll(() => engine.stop());

  const open = async (...args: OpenArguments): Promise<ReplayFixture> => {
    const fixture = await ReplayFixture.open(engine, ...args);
    opened.push(fixture);
    return fixture;
  };
  return { open };
}
