import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import Doctor from '../../src/commands/doctor.ts';
import Export from '../../src/commands/export.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { DAMAGE_NOW, damaged, DAMAGES } from '../harness/damage.ts';
import { fillTables, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
let exports = 0;

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

const NAMES = Object.keys(DAMAGES).filter((name) => name !== 'nearLimit');
const RUNS = Number(process.env['MQDYN_TEST_DAMAGED'] ?? 6);
const at = { now: DAMAGE_NOW };

async function exported(...flags: string[]): Promise<string> {
  const out = join(folder.path, `export-${(exports += 1)}`);
  const { code } = await runCommand(Export, ['--out', out, '--endpoint-url', engine.endpoint, ...flags], at);
  expect(code).toBe(0);
  return out;
}

async function findings(...argv: string[]): Promise<unknown[]> {
  const { code, stdout } = await runCommand(Doctor, [...argv, '--json', '--older-than', '0s', '--examples', '100'], at);
  expect(code).toBeLessThan(2);
  return (JSON.parse(stdout) as { items: unknown[] }).items;
}

it('an export of tables damaged in any way shows what the tables themselves show', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.constantFrom(['--segments', '1'], ['--segments', '5']),
      async (names, seed, how) => {
        const { rows } = damaged(names, seed);
        await refillTables(dynamo, rows);
        const live = await findings('--endpoint-url', engine.endpoint);
        const folderOf = await exported(...how);
        // whatever becomes of the tables
        await fillTables(dynamo, damaged(NAMES, 60_001).rows);
        expect(await findings('--from', folderOf)).toEqual(live);
      },
    ),
    { numRuns: RUNS },
  ));
