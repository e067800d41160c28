import type { Dynamo } from '../../dynamo/client.ts';

/** Whether a table holds any item. */
export async function holdsItems(dynamo: Dynamo, table: string, signal: AbortSignal): Promise<boolean> {
  const { Count } = await dynamo.call('Scan', { TableName: table, Limit: 1, ConsistentRead: true }, signal);
  return Count > 0;
}
