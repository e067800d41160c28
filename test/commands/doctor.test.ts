import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import Doctor from '../../src/commands/doctor.ts';
import { CHECKS } from '../../src/domain/integrity/registry.ts';
import { KEYS } from '../../src/domain/records/tables.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { damaged, DAMAGE_NOW, DAMAGES } from '../harness/damage.ts';
import { emptyTables, everything, fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand, temporaryFolder, type RunResult } from '../harness/run-command.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
let journals = 0;

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterEach(() => emptyTables(dynamo, KEYS));
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

function doctor(...argv: string[]): Promise<RunResult> {
  return runCommand(Doctor, [...argv, '--endpoint-url', engine.endpoint], { now: DAMAGE_NOW });
}

type Counted = { check: string; count: number; fixed?: number; left?: number };

function counts({ stdout }: RunResult): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { check, count } of (JSON.parse(stdout) as { items: Counted[] }).items) sums[check] = (sums[check] ?? 0) + count;
  return sums;
}

describe('doctor finds', () => {
  it.each(Object.keys(DAMAGES))('%s', async (name) => {
    const { rows, found } = damaged([name]);
    await fillTables(dynamo, rows);
    const result = await doctor('--json');
    expect(result.stderr).not.toContain('E_');
    expect(counts(result)).toEqual(found);
    const isSick = Object.keys(found).some((check) => CHECKS.find(({ id }) => id === check)!.severity !== 'note');
    expect(result.code).toBe(isSick ? 1 : 0);
  });
});

describe('doctor --fix', () => {
  it('mends what has a safe repair, and a second look finds only the rest', async () => {
    const { rows, found, left } = damaged(Object.keys(DAMAGES));
    await fillTables(dynamo, rows);
    const before = await everything(dynamo);
    expect(counts(await doctor('--json'))).toEqual(found);
    const journal = join(folder.path, `${(journals += 1)}.journal`);
    const fixed = await doctor('--fix', '--yes', '--json', '--journal', journal);
    expect(fixed.stderr).not.toContain('E_');
    expect(fixed.code).toBe(1);
    expect(counts(await doctor('--json'))).toEqual(left);
    expect(before).not.toEqual(await everything(dynamo));
    expect(readFileSync(journal, 'utf8').split('\n').length).toBeGreaterThan(10);
  });
});
