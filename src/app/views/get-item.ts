import { MqdynError } from '../../domain/errors.ts';
import { keyValue } from '../../domain/expression/key.ts';
import type { Item } from '../../domain/item.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { keyAttributes } from './read-items.ts';

export type GetOptions = {
  key: string;
  sort?: string | undefined;
  consistent: boolean;
  signal: AbortSignal;
};

/** The item under a whole key, if there is one, and the read units that it took. */
export async function getItem(
  dynamo: Dynamo,
  live: LiveTable,
  { key, sort, consistent, signal }: GetOptions,
): Promise<{ item: Item | undefined; units: number }> {
  const { partition, sort: sortKey } = keyAttributes(live, undefined);
  if (sortKey !== undefined && sort === undefined) {
    throw new MqdynError('E_USAGE', `${live.TableName} has the sort key ${sortKey.name}: name it as SORT`, {
      hint: 'Every item under KEY: mqdyn query TABLE KEY',
    });
  }
  if (sortKey === undefined && sort !== undefined) {
    throw new MqdynError('E_USAGE', `${live.TableName} has no sort key: leave SORT out`);
  }
  // raw: every attribute is shown, whatever its name; some of them cost as many read units as all
  const input = {
    TableName: live.TableName,
    Key: {
      [partition.name]: keyValue(partition, key, 'KEY'),
      ...(sortKey === undefined || sort === undefined ? {} : { [sortKey.name]: keyValue(sortKey, sort, 'SORT') }),
    },
    ...(consistent ? { ConsistentRead: true } : {}),
    ReturnConsumedCapacity: 'TOTAL',
  } as const;
  const reply = await dynamo.call('GetItem', input, signal);
  return { item: reply.Item, units: reply.ConsumedCapacity?.CapacityUnits ?? 0 };
}
