import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileReplay } from '../../src/app/replay/write-replay.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { findInput } from '../../src/files/input.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { asLines, replayOptionsOf } from '../harness/replay-run.ts';
import { Killed, stoppingAt, type Ending } from '../harness/stopping-dynamo.ts';
import { SEED } from '../harness/seed.ts';
import { ModelRun } from './model-suite.ts';
import { ReferenceModel } from './reference-model.ts';
import { drafts, eventsOf, runShape } from './streams.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
beforeEach(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterEach(async () => {
  dynamo.close();
  await engine.stop();
});

/** Streams in all, and those that share an engine: each adds rows to its tables. */
const RUNS = Number(process.env['MQDYN_TEST_RESUMED'] ?? 40);
const SHARED = 500;
const PARTS = Array.from({ length: Math.ceil(RUNS / SHARED) }, (_, part) => ({
  part: part + 1,
  runs: Math.min(SHARED, RUNS - part * SHARED),
}));

/** How much of each file exists, in thousandths, and how the run is interrupted. */
type Turn = { seen: number[]; ending: Ending | undefined };

const ending = fc.record({
  how: fc.constantFrom('signal' as const, 'kill-before' as const, 'kill-after' as const),
  write: fc.integer({ min: 1, max: 25 }),
});
const turn: fc.Arbitrary<Turn> = fc.record({
  // often whole, so that runs get as far as the later files
  seen: fc.array(fc.oneof(fc.constant(1_000), fc.nat(1_000)), { minLength: 4, maxLength: 4 }),
  ending: fc.option(ending, { nil: undefined }),
});

/** Files that grow while they are replayed. */
class Growing {
  readonly paths: string[];
  private readonly contents: Buffer[];
  private readonly written: number[];

  constructor(folder: string, contents: readonly Buffer[]) {
    this.contents = [...contents];
    this.paths = contents.map((_, index) => join(folder, `${index}.log`));
    this.written = contents.map(() => 0);
    for (const path of this.paths) writeFileSync(path, '');
  }

  growTo(thousandths: (index: number) => number): void {
    for (const [index, content] of this.contents.entries()) {
      const size = Math.max(this.written[index]!, Math.floor((content.length * thousandths(index)) / 1_000));
      appendFileSync(this.paths[index]!, content.subarray(this.written[index], size));
      this.written[index] = size;
      expect(statSync(this.paths[index]!).size).toBe(size);
    }
  }
}

async function run(folder: string, files: Growing, shape: { events: number; concurrency: number }, how: Ending | undefined) {
  const stop = new AbortController();
  const options = replayOptionsOf({
    inputs: await Promise.all(files.paths.map(findInput)),
    rejects: join(folder, 'rejects'),
    checkpoint: { path: join(folder, 'checkpoint'), breakLock: true },
    window: { events: shape.events, bytes: 1 << 20 },
    concurrency: shape.concurrency,
    preflight: false,
    resume: true,
    lateMs: 0,
    signal: stop.signal,
  });
  try {
    return { code: 0, result: await new FileReplay(stoppingAt(dynamo, how, stop), options).run() };
  } catch (error) {
    if (stop.signal.aborted) return { code: 130 };
    if (wasKilled(error)) return { code: 137 };
    if (error instanceof MqdynError && error.exit === 3) return { code: 3 };
    throw error;
  }
}

function wasKilled(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && wasKilled(error.cause));
}

it.each(PARTS)(
  'files that grow at any byte, replayed by runs stopped anywhere, come to the whole: $part, $runs streams',
  async ({ part, runs }) => {
    const seed = SEED + part - 1;
    const model = new ModelRun(dynamo);
    const codes: Record<number, number> = {};
    const cases = fc.asyncProperty(
      drafts,
      runShape,
      fc.array(fc.nat(1_000), { maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.array(turn, { minLength: 1, maxLength: 4 }),
      async (stream, shape, cuts, gzipped, turns) => {
        const folder = mkdtempSync(join(tmpdir(), 'mqdyn-resumed-'));
        const space = model.nextSpace();
        const events = eventsOf(space, stream);
        const ends = [...cuts.map((cut) => Math.floor((events.length * cut) / 1_000)).sort((a, b) => a - b), events.length];
        const contents = ends.map((end, index) => {
          const text = Buffer.from(asLines(events.slice(ends[index - 1] ?? 0, end)));
          return gzipped[index] ? gzipSync(text) : text;
        });
        const files = new Growing(folder, contents);
        for (const { seen, ending: how } of turns) {
          files.growTo((index) => seen[index]!);
          const { code } = await run(folder, files, shape, how);
          codes[code] = (codes[code] ?? 0) + 1;
        }
        files.growTo(() => 1_000);
        const { code, result } = await run(folder, files, shape, undefined);
        expect([code, result?.read, result?.rejected]).toEqual([0, events.length, 0]);
        expect(await model.rowsOf(space)).toEqual(new ReferenceModel().applyAll(events).rows());
        rmSync(folder, { recursive: true, force: true });
      },
    );
    await fc.assert(cases, { numRuns: runs, seed, endOnFailure: process.env['MQDYN_TEST_SHRINK'] === 'no' });
    model.close();
    const ended = Object.entries(codes).map(([code, count]) => `${count} with ${code}`);
    console.log(`growing files: ${runs} streams, runs before the last ended ${ended.join(', ')}, 0 events lost (seed ${seed})`);
  },
);
