import { MqdynError } from '../domain/errors.ts';
import { parseFilter } from '../domain/expression/filter.ts';
import { keyValue, parseSortKey, type KeyAttribute } from '../domain/expression/key.ts';
import { Placeholders } from '../domain/expression/placeholders.ts';
import { n, type Item } from '../domain/item.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { queryPages, scanPages, type Page, type ReadInput } from '../dynamo/pages.ts';
import type { LiveTable } from '../dynamo/tables.ts';

export type ReadOptions = {
  table: string;
  filter?: string | undefined;
  fields?: readonly string[] | undefined;
  index?: string | undefined;
  consistent: boolean;
  /** Items to return at the most. */
  limit?: number | undefined;
  /** Reads on behind the limit until it is known whether there is more. */
  probe?: boolean;
  /** Count only; no item travels. */
  count: boolean;
  signal: AbortSignal;
};

export type ScanOptions = ReadOptions & { segments: number };
export type QueryOptions = ReadOptions & { key: string; sortKey?: string | undefined; descending: boolean };

/** What a read came to. `more`: items were left when the limit was reached. */
export type ReadTotals = { count: number; scanned: number; units: number; pages: number; more: boolean };

/** Items as they come, and the totals once they are through. */
export type ItemStream = { rows: AsyncIterable<readonly Item[]>; totals: ReadTotals };

/** Reads a whole table or index. */
export function scanItems(dynamo: Dynamo, options: ScanOptions): ItemStream {
  const placeholders = new Placeholders();
  const input = { ...readInput(options, placeholders), ...placeholders.members() };
  return stream(scanPages(dynamo, input, options.segments, options.signal), options);
}

/** Reads the items of one partition key; with a full key that is one item. */
export function queryItems(dynamo: Dynamo, live: LiveTable, options: QueryOptions): ItemStream {
  const [partition, sort] = keyAttributes(live, options.index);
  const placeholders = new Placeholders();
  const name = placeholders.name(partition!.name);
  let condition = `${name} = ${placeholders.value(keyValue(partition!, options.key, 'KEY'))}`;
  if (options.sortKey !== undefined) {
    if (!sort) throw new MqdynError('E_USAGE', `--sort-key: ${options.index ?? live.TableName} has no sort key`);
    condition += ` AND ${parseSortKey(options.sortKey, sort, placeholders).expression}`;
  }
  const input = {
    ...readInput(options, placeholders),
    KeyConditionExpression: condition,
    ScanIndexForward: !options.descending,
    ...placeholders.members(),
  };
  return stream(queryPages(dynamo, input, options.signal), options);
}

/** The totals as members of a JSON document. */
export function totalsItem({ scanned, units }: ReadTotals): Item {
  return { scannedCount: n(scanned), consumedCapacity: n(units) };
}

function readInput(options: ReadOptions, placeholders: Placeholders): ReadInput {
  const filter = options.filter === undefined ? undefined : parseFilter(options.filter, placeholders);
  const fields = options.fields?.map((field) => placeholders.name(field)).join(', ');
  // without a filter every item read is an item returned, so a page need not be larger than what is wanted
  const limit = options.limit === undefined || filter !== undefined ? {} : { Limit: options.limit + (options.probe ? 1 : 0) };
  return {
    TableName: options.table,
    ...(options.index === undefined ? {} : { IndexName: options.index }),
    ...(options.consistent ? { ConsistentRead: true } : {}),
    ...(filter === undefined ? {} : { FilterExpression: filter }),
    ...(options.count ? { Select: 'COUNT' } : fields === undefined ? {} : { ProjectionExpression: fields }),
    ...limit,
  };
}

function keyAttributes(live: LiveTable, index: string | undefined): KeyAttribute[] {
  const indexes = [...(live.GlobalSecondaryIndexes ?? []), ...(live.LocalSecondaryIndexes ?? [])];
  const found = index === undefined ? live : indexes.find(({ IndexName }) => IndexName === index);
  if (!found) {
    const names = indexes.map(({ IndexName }) => IndexName).join(', ') || 'none';
    throw new MqdynError('E_USAGE', `${live.TableName} has no index ${index}`, { hint: `Indexes: ${names}.` });
  }
  return found.KeySchema.map(({ AttributeName: name }) => ({
    name,
    type: live.AttributeDefinitions.find((attribute) => attribute.AttributeName === name)!.AttributeType,
  }));
}

function stream(pages: AsyncGenerator<Page>, options: ReadOptions): ItemStream {
  const totals: ReadTotals = { count: 0, scanned: 0, units: 0, pages: 0, more: false };
  return { rows: take(pages, options, totals), totals };
}

async function* take(
  pages: AsyncGenerator<Page>,
  { limit = Infinity, probe = false }: ReadOptions,
  totals: ReadTotals,
): AsyncGenerator<readonly Item[]> {
  for await (const page of pages) {
    totals.pages += 1;
    totals.scanned += page.scanned;
    totals.units += page.units;
    const room = limit - totals.count;
    totals.count += Math.min(page.count, room);
    totals.more ||= page.count > room;
    if (room > 0) yield page.count > room ? page.items.slice(0, room) : page.items;
    if (totals.more || (totals.count >= limit && !probe)) return;
  }
}
