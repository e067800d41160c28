import { join } from 'node:path';
import { BatchWriteItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import Doctor from '../../src/commands/doctor.ts';
import Rewind from '../../src/commands/rewind.ts';
import type { Item } from '../../src/domain/item.ts';
import { damaged, DAMAGE_NOW, DAMAGES } from '../harness/damage.ts';
import { TABLES, type Workbench } from './workbench.ts';

type Counted = { items: { check: string; count: number; left?: number }[] };

/** Tables that are damaged in every way, found, mended, and looked at once more. */
export function mendsSuite(bench: Workbench): void {
  const { ask, run, done, itemsOf, emptyTables, folder, differences } = bench;
  // an engine of 2020 takes no empty strings
  const names = Object.keys(DAMAGES).filter((name) => !(differences.refusesEmptyStrings && name === 'retained'));
  const { rows, found, left } = damaged(names, 5);

  async function look(args: string[] = []): Promise<{ code: number; counts: Record<string, number>; items: Counted['items'] }> {
    const { code, stdout, stderr } = await run(Doctor, [...args, '--json'], { now: DAMAGE_NOW });
    expect(stderr).not.toContain('E_');
    const { items } = JSON.parse(stdout) as Counted;
    const counts: Record<string, number> = {};
    for (const { check, count } of items) counts[check] = (counts[check] ?? 0) + count;
    return { code, counts, items };
  }

  /** One table after the other: the embedded engine is opened anew for each question. */
  async function everything(): Promise<object[]> {
    const tables: object[] = [];
    for (const table of TABLES) tables.push((await itemsOf(table)).map(withSortedSets));
    return tables;
  }

  describe('doctor', () => {
    beforeAll(async () => {
      await emptyTables();
      await ask(async (client) => {
        for (const [table, items] of Object.entries(rows)) {
          for (let start = 0; start < items.length; start += 25) {
            const puts = items.slice(start, start + 25).map((item) => ({ PutRequest: { Item: native(item) } }));
            await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
          }
        }
      });
    });

    it('finds every damage with exact counts, and changes nothing', async () => {
      const before = await everything();
      expect(await look()).toMatchObject({ code: 1, counts: found });
      expect(await everything()).toEqual(before);
    });

    it('mends all that has a safe repair, is clean but for the rest, and its journal brings the damage back', async () => {
      const before = await everything();
      const journal = join(folder, 'fix.journal');
      const { code, items } = await look(['--fix', '--yes', '--journal', journal]);
      expect([code, items.filter((item) => item.left !== 0)]).toEqual([1, []]);
      expect((await look()).counts).toEqual(left);
      expect(await done(Rewind, [journal, '--yes'])).toMatchObject({ items: [], left: 0 });
      expect(await everything()).toEqual(before);
    });
  });
}

/** Sets have no order. */
function withSortedSets(item: Record<string, AttributeValue>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, value.SS === undefined ? value : { SS: value.SS.toSorted() }]),
  );
}

/** An item as the SDK's client takes it: binary as bytes. */
function native(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      'B' in value ? { B: Buffer.from(value.B, 'base64') } : (value as AttributeValue),
    ]),
  );
}
