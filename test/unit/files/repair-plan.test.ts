import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Repair } from '../../../src/domain/integrity/finding.ts';
import { RepairPlan } from '../../../src/files/repair-plan.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const head = { target: 'here', at: '2024-05-04T09:15:00.000Z' };
const REPAIRS: Repair[] = [
  { do: 'take-id', checks: ['map_id_without_message'], subject: 'a/b\u2028c: x', topic: 'a/b\u2028c', msgid: 'x' },
  {
    do: 'change',
    checks: ['retained_empty'],
    subject: 't',
    change: { kind: 'item', table: 'mqtt_retain', before: { topic: { S: 't' }, payload: { S: '' } }, after: undefined },
  },
];

async function saved(path: string): Promise<void> {
  const plan = await RepairPlan.begin(path, head);
  await plan.add(REPAIRS);
  await plan.end();
  await plan.close();
}

async function loaded(path: string): Promise<Repair[]> {
  const plan = await RepairPlan.load(path);
  try {
    expect(plan.head).toEqual(head);
    const repairs: Repair[] = [];
    for await (const repair of plan.repairs()) repairs.push(repair);
    expect(plan.count).toBe(repairs.length);
    return repairs;
  } finally {
    await plan.close();
  }
}

describe('RepairPlan', () => {
  it('comes back as it was saved, readable by its owner alone', async () => {
    const path = join(folder.path, 'a.plan');
    await saved(path);
    expect(await loaded(path)).toEqual(JSON.parse(JSON.stringify(REPAIRS)));
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('has no name before it is whole', async () => {
    const path = join(folder.path, 'half.plan');
    const plan = await RepairPlan.begin(path, head);
    await plan.add(REPAIRS);
    await plan.close();
    await expect(RepairPlan.load(path)).rejects.toThrow('does not exist');
  });

  it('is refused when a byte of it is another one, or a part of it is missing', async () => {
    const path = join(folder.path, 'b.plan');
    await saved(path);
    const whole = readFileSync(path);
    const altered = join(folder.path, 'altered.plan');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cuts) => {
        const copy = cuts ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cuts) copy[at] = byte;
        // a missing line end behind the last line says the same
        fc.pre(!copy.equals(whole) && at < whole.length - 1);
        writeFileSync(altered, copy);
        await expect(loaded(altered)).rejects.toThrow(/altered\.plan (?:is not|is damaged)/);
      }),
      { numRuns: 300 },
    );
  });
});
