import { Placeholders } from '../../domain/expression/placeholders.ts';
import type { Item } from '../../domain/item.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { keyNamed } from '../key-named.ts';
import { keyAttributes } from './read-items.ts';

export type GetOptions = {
  key: string;
  sort?: string | undefined;
  fields?: readonly string[] | undefined;
  consistent: boolean;
  signal: AbortSignal;
};

/** The item under a whole key, if there is one, and the read units that it took. */
export async function getItem(
  dynamo: Dynamo,
  live: LiveTable,
  { key, sort, fields, consistent, signal }: GetOptions,
): Promise<{ item: Item | undefined; units: number }> {
  const Key = keyNamed({ live: live.TableName, keys: keyAttributes(live, undefined) }, key, sort);
  const placeholders = new Placeholders();
  const projection = fields?.map((field) => placeholders.name(field)).join(', ');
  // raw: every attribute is shown, whatever its name
  const input = {
    TableName: live.TableName,
    Key,
    ...(projection === undefined ? {} : { ProjectionExpression: projection }),
    ...(consistent ? { ConsistentRead: true } : {}),
    ...placeholders.members(),
    ReturnConsumedCapacity: 'TOTAL',
  } as const;
  const reply = await dynamo.call('GetItem', input, signal);
  return { item: reply.Item, units: reply.ConsumedCapacity?.CapacityUnits ?? 0 };
}
