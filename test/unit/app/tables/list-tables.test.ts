import { describe, expect, it } from 'vitest';
import { withItemCount, withKnownCount } from '../../../../src/app/tables/list-tables.ts';
import type { Dynamo } from '../../../../src/dynamo/client.ts';
import type { LiveTable } from '../../../../src/dynamo/tables.ts';

/** A table of seven items; the calls that are made for it. */
function engine() {
  const calls: string[] = [];
  const call = (operation: string) => {
    calls.push(operation);
    return Promise.resolve({ Count: 7 });
  };
  return { dynamo: { call } as unknown as Dynamo, calls };
}

const table = (ItemCount: number, TableStatus = 'ACTIVE') => ({ TableName: 't', TableStatus, ItemCount }) as LiveTable;
const { signal } = new AbortController();

describe('the items of a table on a local engine', () => {
  it('are counted where the engine reports none (fault 31)', async () => {
    const { dynamo, calls } = engine();
    expect((await withKnownCount(dynamo, table(0), signal)).ItemCount).toBe(7);
    expect(calls).toEqual(['Scan']);
  });

  it('are not read where the engine reports their number', async () => {
    const { dynamo, calls } = engine();
    expect((await withKnownCount(dynamo, table(1_000_000), signal)).ItemCount).toBe(1_000_000);
    expect(calls).toEqual([]);
  });

  it('are always counted before a drop, but not of a table that is being created or deleted', async () => {
    const { dynamo, calls } = engine();
    expect((await withItemCount(dynamo, table(1_000_000), signal)).ItemCount).toBe(7);
    expect((await withItemCount(dynamo, table(3, 'DELETING'), signal)).ItemCount).toBe(3);
    expect(calls).toEqual(['Scan']);
  });
});
