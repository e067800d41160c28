import type { Item } from '../../domain/item.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { keyNamed } from '../key-named.ts';
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
  const Key = keyNamed({ live: live.TableName, keys: sortKey === undefined ? [partition] : [partition, sortKey] }, key, sort);
  // raw: every attribute is shown, whatever its name; some of them cost as many read units as all
  const input = {
    TableName: live.TableName,
    Key,
    ...(consistent ? { ConsistentRead: true } : {}),
    ReturnConsumedCapacity: 'TOTAL',
  } as const;
  const reply = await dynamo.call('GetItem', input, signal);
  return { item: reply.Item, units: reply.ConsumedCapacity?.CapacityUnits ?? 0 };
}
