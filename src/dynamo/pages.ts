import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Dynamo } from './client.ts';
import { notAdvancing } from './errors.ts';
import type { ReadInput, ReadReply } from './raw-operations.ts';
import type { ReadPace } from './read-pace.ts';
import { retriedFor } from './retry.ts';

export type { ReadInput } from './raw-operations.ts';

/** One page of a read. `units` are consumed read capacity units. */
export type Page = { items: Item[]; count: number; scanned: number; units: number };

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
  for await (const reply of replies(dynamo, operation, { ...input, ReturnConsumedCapacity: 'TOTAL' }, signal)) {
    if (reply.Items === undefined && reply.Count > 0 && input['Select'] !== 'COUNT') {
      throw new MqdynError('E_PROTOCOL', `${operation} of ${input.TableName} counts ${reply.Count} items and sends none`, {
        exit: 5,
      });
    }
    yield {
      items: reply.Items ?? [],
      count: reply.Count,
      scanned: reply.ScannedCount,
      units: reply.ConsumedCapacity?.CapacityUnits ?? 0,
    };
  }
}

/**
 * Every reply to a Scan or Query, in order, of the items behind the key `after`. With `retryForMs` a table that throttles, or an
 * endpoint that does not answer, is given so many milliseconds for each; `pace` keeps within read units a second.
 */
export async function* replies(
  dynamo: Dynamo,
  operation: 'Scan' | 'Query',
  input: ReadInput,
  signal: AbortSignal | undefined,
  { after, retryForMs, pace }: { after?: Item | undefined; retryForMs?: number; pace?: ReadPace | undefined } = {},
): AsyncGenerator<ReadReply> {
  let start = after;
  do {
    const paced = pace === undefined ? input : { ...input, Limit: await pace.reserve(signal) };
    const asked = start === undefined ? paced : { ...paced, ExclusiveStartKey: start };
    const ask = () => dynamo.call(operation, asked, signal);
    const reply = retryForMs === undefined ? await ask() : await retriedFor(retryForMs, ask, signal);
    pace?.took(reply.ScannedCount, reply.ConsumedCapacity?.CapacityUnits ?? 0);
    const { LastEvaluatedKey: next } = reply;
    // an empty page with a key is not the end; the same key twice would never end
    if (start !== undefined && JSON.stringify(next) === JSON.stringify(start))
      throw notAdvancing(`${operation} of ${input.TableName}`);
    start = next;
    yield reply;
  } while (start !== undefined);
}

/** Asks every source for its next page as soon as the last one has arrived, and yields pages in the order of arrival. */
export async function* readAhead<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
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

type Arrival<T> = { source: AsyncGenerator<T>; result: IteratorResult<T> };

/** A page that may fail while nobody waits for it yet; the failure is met when it is asked for. */
function ahead<T>(source: AsyncGenerator<T>): Promise<Arrival<T>> {
  const arrival = source.next().then((result) => ({ source, result }));
  arrival.catch(() => undefined);
  return arrival;
}
