import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { damaged, DAMAGES } from '../harness/damage.ts';
import { countsOf, lookAt, mend, takeBack } from '../harness/doctor-run.ts';
import { emptyTables, everything, fillTables, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { Killed, stoppingAt } from '../harness/stopping-dynamo.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
let files = 0;
const newFile = () => join(folder.path, `${(files += 1)}.journal`);

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterEach(() => emptyTables(dynamo));
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

/** Damages in any number and order; the largest one makes items of 350 KB, so it is not drawn at random. */
const NAMES = Object.keys(DAMAGES).filter((name) => name !== 'nearLimit');
const names = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 30 });
const seed = fc.integer({ min: 1, max: 60_000 });
const RUNS = Number(process.env['MQDYN_TEST_DAMAGED'] ?? 6);
/** Every so many writes a run is killed. */
const STEP = RUNS > 50 ? 1 : 5;

describe('tables damaged in any way', () => {
  it('are found with exact counts, mended, clean at a second look, and damaged again bit for bit by the journal', async () => {
    await fc.assert(
      fc.asyncProperty(names, seed, async (all, number) => {
        await emptyTables(dynamo);
        const { rows, found, left } = damaged(all, number);
        await fillTables(dynamo, rows);
        const before = await everything(dynamo);
        expect(countsOf(await lookAt(dynamo))).toEqual(found);
        expect(await everything(dynamo)).toEqual(before);
        const journal = newFile();
        expect(await mend(dynamo, journal)).toEqual([]);
        expect(countsOf(await lookAt(dynamo))).toEqual(left);
        const mended = await everything(dynamo);
        if (mended.join('\n') === before.join('\n')) return;
        expect(await takeBack(dynamo, journal)).toEqual([]);
        expect(await everything(dynamo)).toEqual(before);
      }),
      { numRuns: RUNS },
    );
  });

  it('are found whole by the union of all parts', async () => {
    await fc.assert(
      fc.asyncProperty(names, seed, fc.integer({ min: 1, max: 7 }), async (all, number, of) => {
        await emptyTables(dynamo);
        const { rows, found } = damaged(all, number);
        await fillTables(dynamo, rows);
        const sum: Record<string, number> = {};
        for (let part = 1; part <= of; part += 1) {
          const counts = countsOf(await lookAt(dynamo, { subset: { part, of } }));
          for (const [check, count] of Object.entries(counts)) sum[check] = (sum[check] ?? 0) + count;
        }
        expect(sum).toEqual(found);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a run of --fix that is killed', () => {
  it('at any write, and begun again, ends as one that was not, and its journals bring the damage back', async () => {
    const { rows, left } = damaged(NAMES, 7);
    const run = async (write: number, how: 'kill-before' | 'kill-after') => {
      await refillTables(dynamo, rows);
      const before = await everything(dynamo);
      const journals = [newFile(), newFile()] as const;
      const stopping = stoppingAt(dynamo, { how, write }, new AbortController());
      const killed = await mend(stopping, journals[0]).then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          return true;
        },
      );
      expect(await mend(dynamo, journals[1])).toEqual([]);
      const end = await everything(dynamo);
      expect(countsOf(await lookAt(dynamo))).toEqual(left);
      for (const journal of [journals[1], journals[0]]) expect(await takeBack(dynamo, journal).catch(missing)).toEqual([]);
      expect(await everything(dynamo)).toEqual(before);
      return { killed, end };
    };
    const whole = await run(Infinity, 'kill-before');
    expect(whole.killed).toBe(false);
    let write = 1;
    for (let killed = true; killed; write += STEP) {
      const how = write % 2 === 0 ? 'kill-before' : 'kill-after';
      const result = await run(write, how);
      expect(result.end).toEqual(whole.end);
      killed = result.killed;
    }
    expect(write).toBeGreaterThan(15);
  });
});

/** A run in which nothing was left to do leaves no journal. */
function missing(error: Error): never[] {
  expect(error.message).toContain('does not exist');
  return [];
}
