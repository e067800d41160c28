import { s, type Item } from '../../../domain/item.ts';
import type { Selection } from '../../../domain/purge/selection.ts';
import { Placeholders } from '../../../domain/expression/placeholders.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { replies } from '../../../dynamo/pages.ts';

/** How much is done at a time: items of a page, ids of small topics that go together, messages between two looks at the clock, and bytes. */
export type Sizes = { page: number; group: number; step: number; partBytes: number };

/** What every part of a purge works with. */
export type Where = {
  dynamo: Dynamo;
  liveName: (table: string) => string;
  signal: AbortSignal;
  /** So long a table that throttles, or an endpoint that does not answer, is given time. */
  retryForMs: number;
};

/** A read that begins behind a key and may be gone on with behind any other one. */
export type Read = { operation: 'Scan' | 'Query'; table: TableName; input: Record<string, unknown> };

/** Items, and the key behind which the next ones stand; null at the end. */
export type ReadPage = { items: Item[]; next: Item | null };

/** The parts of an item that are read where its payload is not wanted. */
const WITHOUT_PAYLOAD = ['msgid', 'topic', 'sender', 'arrived'];

/**
 * Finds the items of a table that may be selected, as far as DynamoDB can tell them apart: one partition, or all of the table
 * with what does not come into question left out.
 */
export function readOf(selection: Selection, table: TableName, options: { limit?: number; withoutPayload?: boolean } = {}): Read {
  const placeholders = new Placeholders();
  const equals = (name: string, value: string) => `${placeholders.name(name)} = ${placeholders.value(s(value))}`;
  const { topics, client } = selection;
  const key: string[] = [];
  const filter: string[] = [];
  const byTopic = table !== 'mqtt_client' && topics.kind !== 'all';
  if (byTopic && topics.kind === 'topic') (table === 'mqtt_msg' ? filter : key).push(equals('topic', topics.topic));
  if (byTopic && topics.kind === 'filter' && topics.prefix !== '') {
    filter.push(`begins_with(${placeholders.name('topic')}, ${placeholders.value(s(topics.prefix))})`);
  }
  if (client !== undefined) {
    if (table === 'mqtt_client') key.push(equals('clientid', client));
    else if (table === 'mqtt_acked') (key.length > 0 ? key : filter).push(equals('clientid', client));
    else if (table !== 'mqtt_topic_msg_map') filter.push(equals('sender', client));
  }
  const projected = options.withoutPayload === true ? WITHOUT_PAYLOAD.map((name) => placeholders.name(name)) : [];
  return {
    operation: key.length > 0 ? 'Query' : 'Scan',
    table,
    input: {
      ...(key.length > 0 ? { KeyConditionExpression: key.join(' AND ') } : {}),
      ...(filter.length > 0 ? { FilterExpression: filter.join(' AND ') } : {}),
      ...(projected.length > 0 ? { ProjectionExpression: projected.join(', ') } : {}),
      ...(options.limit === undefined ? {} : { Limit: options.limit }),
      ...placeholders.members(),
    },
  };
}

/** The pages of a read from behind a key on. */
export async function* pagesOf(where: Where, { operation, table, input }: Read, after: Item | null): AsyncGenerator<ReadPage> {
  const { dynamo, liveName, signal, retryForMs } = where;
  const asked = { TableName: liveName(table), ...input };
  const from = { after: after ?? undefined, retryForMs };
  for await (const { Items = [], LastEvaluatedKey = null } of replies(dynamo, operation, asked, signal, from)) {
    yield { items: Items, next: LastEvaluatedKey };
  }
}
