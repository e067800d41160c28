import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';
import { FaultProxy, mixedFaults } from '../harness/fault-proxy.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { SEED } from '../harness/seed.ts';
import { checkStreams, ModelRun, streamCount } from './model-suite.ts';

/** A client whose timeout is shorter than the delay of a late call. */
const REQUEST_TIMEOUT_MS = 150;

describe('random streams against the sequential reference', () => {
  let engine: MemoryEngine;
  beforeAll(async () => {
    engine = await memoryEngine();
    const dynamo = connectTo(engine.endpoint);
    await createTables(dynamo);
    dynamo.close();
  });
  afterAll(() => engine.stop());

  it('leave the same tables, whatever the window and the calls in flight', async () => {
    const dynamo = connectTo(engine.endpoint);
    const run = new ModelRun(dynamo);
    await checkStreams(run, streamCount(200), 'model, embedded engine');
    run.close();
    dynamo.close();
  }, 1_800_000);
});

describe('random streams through the fault proxy', () => {
  let engine: MemoryEngine;
  beforeEach(async () => {
    engine = await memoryEngine();
  });
  afterEach(() => engine.stop());

  it.each([
    ['whatever fails on the way', SEED, streamCount(20)],
    // a reply without a request id, while keys were reconciled
    ['with a seed that once failed', 69_997_543, 20],
  ])(
    'leave the same tables, %s',
    async (_, seed, count) => {
      const reader = connectTo(engine.endpoint);
      await createTables(reader);
      const proxy = await FaultProxy.start(engine.endpoint, mixedFaults(seed, 0.01, REQUEST_TIMEOUT_MS + 60));
      const dynamo = connectTo(proxy.url, { requestTimeoutMs: REQUEST_TIMEOUT_MS });
      const run = new ModelRun(dynamo, reader);
      await checkStreams(run, count, 'model, fault proxy', seed);
      const faults = proxy.history.filter(({ fault }) => fault !== undefined).length;
      console.log(`model, fault proxy: ${proxy.history.length} calls, ${faults} of them failed`);
      run.close();
      dynamo.close();
      reader.close();
      await proxy.stop();
    },
    1_800_000,
  );
});
