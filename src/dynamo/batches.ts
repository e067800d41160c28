import { writeUnits, type Item } from '../domain/item.ts';
import { idBytes } from '../domain/hooks/ids-write.ts';
import type { BatchWrite, Write } from '../domain/hooks/write.ts';
import { ServiceError } from './errors.ts';
import type { UnprocessedItems, WriteRequest } from './raw-operations.ts';

/** Limits of one BatchWriteItem call; smaller than DynamoDB's 16 MiB so that a repeated call stays cheap. */
const MAX_BATCH_ITEMS = 25;
const MAX_BATCH_BYTES = 1 << 20;

export type SingleWrite = Extract<Write, { kind: 'set' | 'ids' }>;

/**
 * Cuts puts and deletes of one table into calls that DynamoDB takes, none of more than `maxUnits` write capacity units unless a
 * single item has more. No key stands twice in a window, so none does in a call.
 */
export function* intoBatches<Table extends string>(
  writes: readonly BatchWrite<Table>[],
  maxUnits = Infinity,
): Generator<BatchWrite<Table>[]> {
  let batch: BatchWrite<Table>[] = [];
  let [bytes, units] = [0, 0];
  for (const write of writes) {
    const own = unitsOf([write]);
    const isFull = batch.length === MAX_BATCH_ITEMS || bytes + write.bytes > MAX_BATCH_BYTES || units + own > maxUnits;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      [bytes, units] = [0, 0];
    }
    batch.push(write);
    bytes += write.bytes;
    units += own;
  }
  if (batch.length > 0) yield batch;
}

/** What writes cost at least, in write capacity units: an item is billed by the KB, an update by the whole item. */
export function unitsOf(writes: readonly Write<string>[]): number {
  let units = 0;
  for (const write of writes) {
    const bytes = write.kind === 'ids' ? idBytes(write.add) : write.kind === 'delete' ? 0 : write.bytes;
    units += writeUnits(bytes);
  }
  return units;
}

export function writeRequest(write: BatchWrite<string>): WriteRequest {
  return write.kind === 'put' ? { PutRequest: { Item: write.item } } : { DeleteRequest: { Key: write.key } };
}

/**
 * The writes of a call that the reply left undone, found again by their key. A reply that names anything else (another table, a
 * key that was not sent) says nothing about what was done: throws E_PROTOCOL, and the call is to be made again.
 */
export function unprocessedWrites<Table extends string>(
  batch: readonly BatchWrite<Table>[],
  live: string,
  unprocessed: UnprocessedItems = {},
): BatchWrite<Table>[] {
  const names = Object.keys(batch[0]?.key ?? {});
  const idOf = (source: Item) => JSON.stringify(names.map((name) => source[name]));
  const sent = new Map(batch.map((write) => [idOf(write.key), write]));
  const left = new Set<BatchWrite<Table>>();
  for (const [table, requests] of Object.entries(unprocessed)) {
    for (const request of requests) {
      const write = sent.get(idOf('PutRequest' in request ? request.PutRequest.Item : request.DeleteRequest.Key));
      if (write === undefined || table !== live) throw strangeReply(table);
      left.add(write);
    }
  }
  return batch.filter((write) => left.has(write));
}

function strangeReply(table: string): ServiceError {
  const serviceMessage = `a reply to BatchWriteItem leaves a write to ${table} undone that was not sent`;
  return new ServiceError('E_PROTOCOL', serviceMessage, {
    service: 'ProtocolError',
    fault: 'transient',
    serviceMessage,
    cause: undefined,
    exit: 5,
  });
}

/** UpdateItem's expression that sets plain attributes. */
export function setExpression(values: Item): object {
  const names = Object.keys(values);
  return {
    UpdateExpression: `SET ${names.map((_, index) => `#n${index} = :v${index}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(names.map((name, index) => [`:v${index}`, values[name]])),
  };
}

/** UpdateItem's expression that adds ids to a topic's set, or takes them out. */
export function idsExpression(change: 'add' | 'remove', ids: readonly string[]): object {
  return {
    UpdateExpression: `${change === 'add' ? 'ADD' : 'DELETE'} MsgId :ids`,
    ExpressionAttributeValues: { ':ids': { SS: ids } },
  };
}
