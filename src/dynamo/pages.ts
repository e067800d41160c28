import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Dynamo } from './client.ts';

/** One page of a read. `units` are consumed read capacity units. */
export type Page = { items: Item[]; count: number; scanned: number; units: number };

type Reply = {
  Items?: Item[];
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item;
  ConsumedCapacity?: { CapacityUnits: number };
};

/** A Scan or Query in the service's own JSON. */
export type ReadInput = { TableName: string; Limit?: number; [member: string]: unknown };

/**
 * Every page of a query, in order. One page is read ahead while the one before is worked on, unless a limit makes it likely
 * that no further page is wanted.
 */
export function queryPages(dynamo: Dynamo, input: ReadInput, signal: AbortSignal): AsyncGenerator<Page> {
  const pages = pagesOf(dynamo, 'Query', input, signal);
  return input.Limit === undefined ? readAhead([pages]) : pages;
}

/** Every page of a scan, read ahead likewise; with several segments the pages come as they arrive. */
export function scanPages(dynamo: Dynamo, input: ReadInput, segments: number, signal: AbortSignal): AsyncGenerator<Page> {
  if (segments === 1 && input.Limit !== undefined) return pagesOf(dynamo, 'Scan', input, signal);
  const parts = Array.from({ length: segments }, (_, segment) => {
    const part = segments === 1 ? input : { ...input, Segment: segment, TotalSegments: segments };
    return pagesOf(dynamo, 'Scan', part, signal);
  });
  return readAhead(parts);
}

async function* pagesOf(
  dynamo: Dynamo,
  operation: 'Scan' | 'Query',
  input: ReadInput,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let start: Item | undefined;
  do {
    const page = start === undefined ? input : { ...input, ExclusiveStartKey: start };
    const reply = await dynamo.call<Reply>(operation, { ...page, ReturnConsumedCapacity: 'TOTAL' }, signal);
    // an empty page with a key is not the end; the same key twice would never end
    if (start !== undefined && JSON.stringify(reply.LastEvaluatedKey) === JSON.stringify(start)) {
      throw new MqdynError('E_PROTOCOL', `${operation} of ${input.TableName} does not advance (same LastEvaluatedKey twice)`, {
        exit: 5,
      });
    }
    start = reply.LastEvaluatedKey;
    yield {
      items: reply.Items ?? [],
      count: reply.Count,
      scanned: reply.ScannedCount,
      units: reply.ConsumedCapacity?.CapacityUnits ?? 0,
    };
  } while (start !== undefined);
}

/** Asks every source for its next page as soon as the last one has arrived, and yields pages in the order of arrival. */
async function* readAhead(sources: AsyncGenerator<Page>[]): AsyncGenerator<Page> {
  const waiting = new Map(sources.map((source) => [source, ahead(source)]));
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values());
    if (result.done === true) {
      waiting.delete(source);
      continue;
    }
    waiting.set(source, ahead(source));
    yield result.value;
  }
}

type Arrival = { source: AsyncGenerator<Page>; result: IteratorResult<Page> };

/** A page that may fail while nobody waits for it yet; the failure is met when it is asked for. */
function ahead(source: AsyncGenerator<Page>): Promise<Arrival> {
  const arrival = source.next().then((result) => ({ source, result }));
  arrival.catch(() => undefined);
  return arrival;
}
