import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { s } from '../../src/domain/item.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import { READ_ORDER } from '../../src/domain/records/tables.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { anyDamage, damageFiles } from '../harness/damage-files.ts';
import { faultsOf, runExport } from '../harness/export-run.ts';
import { fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { SEED } from '../harness/seed.ts';

const DUMPS = Number(process.env['MQDYN_TEST_DUMPS'] ?? 10);

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
const whole = join(folder.path, 'whole');

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  const ids = Array.from({ length: 40 }, (_, index) => idAt(Date.UTC(2026, 1, 1), BigInt(index)));
  await fillTables(dynamo, {
    mqtt_msg: ids.map((id) => message(id, 'plant/a')),
    mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: ids } }],
  });
  await runExport(dynamo, { folder: whole, tables: READ_ORDER, segments: 2, fileLength: 8_000 });
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

/** The text of manifest.json says the same whatever white space is in it, so that such a damage is none. */
function saysTheSame(damaged: string): boolean {
  try {
    const [was, is] = [whole, damaged].map((path) => JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as object);
    return JSON.stringify(was) === JSON.stringify(is);
  } catch {
    return false;
  }
}

it('are never taken for whole, and what is wrong is named', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(anyDamage, async (damage) => {
      const damaged = join(folder.path, 'damaged');
      rmSync(damaged, { recursive: true, force: true });
      cpSync(whole, damaged, { recursive: true });
      const what = damageFiles(damaged, damage);
      if (what === undefined || (what.endsWith(' manifest.json') && saysTheSame(damaged) && damage.how !== 'repeat')) return;
      const faults = await faultsOf(damaged).catch((error: unknown) => {
        if (error instanceof MqdynError && error.exit === 4) return [error.message];
        throw error;
      });
      found += 1;
      expect([what, faults.length > 0]).toEqual([what, true]);
    }),
    { numRuns: DUMPS, seed: SEED },
  );
  console.log(`damaged exports: ${found} of ${DUMPS} damages, each named (seed ${SEED})`);
});
