import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../../src/app/tables/apply-tables.ts';
import { loadPlan, savePlan } from '../../../../src/app/tables/plan-file.ts';
import { MqdynError } from '../../../../src/domain/errors.ts';
import { alterations, placesIn, replaced, valueAt } from '../../../harness/alter.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'plan.json');
afterAll(() => folder.remove());

const PLAN: Plan = {
  target: 'eu-west-1 at AWS',
  tables: [
    { table: 'mqtt_msg', id: 'a-b-c', facts: { BillingMode: 'PROVISIONED', 'ProvisionedThroughput.ReadCapacityUnits': 5 } },
    { table: 'mqtt_sub', id: null, facts: null },
  ],
  steps: [
    {
      table: 'mqtt_msg',
      operation: 'UpdateTable',
      input: { ProvisionedThroughput: { ReadCapacityUnits: 9, WriteCapacityUnits: 5 } },
      effects: [{ path: 'ProvisionedThroughput.ReadCapacityUnits', before: 5, after: 9 }],
    },
    {
      table: 'mqtt_msg',
      operation: 'TagResource',
      input: { Tags: [{ Key: '__proto__', Value: 'Ünï' }] },
      effects: [{ path: 'Tags.__proto__', before: null, after: 'Ünï' }],
    },
    {
      table: 'mqtt_sub',
      operation: 'CreateTable',
      input: { TableName: 'mqtt_sub', KeySchema: [], AttributeDefinitions: [] },
      effects: [],
    },
  ],
};

let text: string;
beforeAll(async () => {
  await savePlan(path, PLAN);
  text = readFileSync(path, 'utf8');
});

/** The plan in a file, or the exit code of its refusal. */
async function loaded(content: string): Promise<Plan | number> {
  writeFileSync(path, content);
  return loadPlan(path).catch((error: unknown) => {
    if (!(error instanceof MqdynError)) throw error;
    return error.exit;
  });
}

describe('a saved plan', () => {
  it('comes back as it was, however it is spaced', async () => {
    expect(await loaded(text)).toEqual(PLAN);
    expect(await loaded(JSON.stringify(JSON.parse(text)))).toEqual(PLAN);
    expect(await loaded(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toEqual(PLAN);
  });

  it('is refused when any member was changed, removed or duplicated', async () => {
    const value = JSON.parse(text) as unknown;
    const places = placesIn(value).filter((place) => place.length > 0);
    expect(places.length).toBeGreaterThan(40);
    for (const place of places) {
      const old = valueAt(value, place);
      for (const other of [undefined, null, typeof old === 'number' ? old + 1 : `${JSON.stringify(old)}x`, [old], { old }]) {
        if (other === old) continue;
        expect({ place, code: await loaded(JSON.stringify(replaced(value, place, other))) }).toEqual({ place, code: 4 });
      }
    }
  });

  it('is refused or equal after any alteration and any damage', async () => {
    let [refused, equal] = [0, 0];
    await fc.assert(
      fc.asyncProperty(alterations(text), async (altered) => {
        const plan = await loaded(altered);
        if (plan === 4) refused += 1;
        else {
          equal += 1;
          expect(plan).toEqual(PLAN);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(1_000);
    console.log(`plan file: ${refused} alterations refused, ${equal} equal`);
  });

  it('says what to do', async () => {
    writeFileSync(path, text.replace('"mqtt_msg"', '"mqtt_acked"'));
    await expect(loadPlan(path)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: `${path} has been altered since it was saved (its checksum is wrong)`,
      hint: 'Nothing was changed. Make a new plan: mqdyn tables apply --plan-out FILE',
    });
  });
});
