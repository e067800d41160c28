import { AbsentFields } from '../../domain/absent-fields.ts';
import { MqdynError } from '../../domain/errors.ts';
import { parseFilter } from '../../domain/expression/filter.ts';
import { keyValue, parseSortKey, type KeyAttribute } from '../../domain/expression/key.ts';
import { noMatchHints, type Compared } from '../../domain/expression/no-match.ts';
import { Placeholders } from '../../domain/expression/placeholders.ts';
import type { Item } from '../../domain/item.ts';
import { isBackendTable, TIME_ATTRIBUTES } from '../../domain/records/tables.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { queryPages, scanPages, type Page, type ReadInput } from '../../dynamo/pages.ts';
import type { LiveTable } from '../../dynamo/tables.ts';

export type ReadOptions = {
  table: string;
  /** Its name without the prefix; the attributes of the six tables have a meaning. */
  role: string;
  /** What `now` stands for in the filter, in Unix milliseconds. */
  now: number;
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

/** Items as they come; the totals, why a filter may have matched nothing and which fields no item has, once they are through. */
export type ItemStream = { items: AsyncIterable<readonly Item[]>; totals: ReadTotals; hints: readonly string[] };

/** So many items are looked at without the filter when it matched none of many. */
const SAMPLE = 25;

/** What a read asks for, and how it reads a few items without its filter. */
type Reading = { pages: AsyncGenerator<Page>; compared: readonly Compared[]; sample: () => AsyncGenerator<Page> };

/** Reads a whole table or index. */
export function scanItems(dynamo: Dynamo, options: ScanOptions): ItemStream {
  const placeholders = new Placeholders();
  const { input, compared } = readInput(options, placeholders);
  const pages = scanPages(dynamo, { ...input, ...placeholders.members() }, options.segments, options.signal);
  const sample = () => scanPages(dynamo, { ...tableInput(options), Limit: SAMPLE }, 1, options.signal);
  return stream({ pages, compared, sample }, options);
}

/** Reads the items of one partition key; with a full key that is one item. */
export function queryItems(dynamo: Dynamo, live: LiveTable, options: QueryOptions): ItemStream {
  const placeholders = new Placeholders();
  const KeyConditionExpression = keyCondition(live, options, placeholders);
  const { input, compared } = readInput(options, placeholders);
  const asked = { ...input, KeyConditionExpression, ScanIndexForward: !options.descending, ...placeholders.members() };
  const sample = () => {
    const own = new Placeholders();
    const key = { KeyConditionExpression: keyCondition(live, options, own) };
    return queryPages(dynamo, { ...tableInput(options), ...key, ...own.members(), Limit: SAMPLE }, options.signal);
  };
  return stream({ pages: queryPages(dynamo, asked, options.signal), compared, sample }, options);
}

function keyCondition(live: LiveTable, options: QueryOptions, placeholders: Placeholders): string {
  const { partition, sort } = keyAttributes(live, options.index);
  const condition = `${placeholders.name(partition.name)} = ${placeholders.value(keyValue(partition, options.key, 'KEY'))}`;
  if (options.sortKey === undefined) return condition;
  if (!sort) throw new MqdynError('E_USAGE', `--sort-key: ${options.index ?? live.TableName} has no sort key`);
  return `${condition} AND ${parseSortKey(options.sortKey, sort, placeholders).expression}`;
}

function readInput(options: ReadOptions, placeholders: Placeholders): { input: ReadInput; compared: readonly Compared[] } {
  const { now, role } = options;
  const times = isBackendTable(role) ? TIME_ATTRIBUTES : NONE;
  const filter =
    options.filter === undefined ? undefined : parseFilter(options.filter, placeholders, { now, times, flag: '--filter' });
  const fields = options.fields?.map((field) => placeholders.name(field)).join(', ');
  // without a filter every item read is an item returned, so a page need not be larger than what is wanted
  const limit = options.limit === undefined || filter !== undefined ? {} : { Limit: options.limit + (options.probe ? 1 : 0) };
  const input = {
    ...tableInput(options),
    ...(filter === undefined ? {} : { FilterExpression: filter.expression }),
    ...(options.count ? { Select: 'COUNT' } : fields === undefined ? {} : { ProjectionExpression: fields }),
    ...limit,
  };
  return { input, compared: filter?.compared ?? [] };
}

const NONE: ReadonlySet<string> = new Set();

function tableInput({ table, index, consistent }: ReadOptions): ReadInput {
  return {
    TableName: table,
    ...(index === undefined ? {} : { IndexName: index }),
    ...(consistent ? { ConsistentRead: true } : {}),
  };
}

/** Attributes of the key of a table or of one of its indexes, the partition key first. */
export function keyAttributes(
  live: LiveTable,
  index: string | undefined,
): { partition: KeyAttribute; sort: KeyAttribute | undefined } {
  const indexes = [...(live.GlobalSecondaryIndexes ?? []), ...(live.LocalSecondaryIndexes ?? [])];
  const found = index === undefined ? live : indexes.find(({ IndexName }) => IndexName === index);
  if (!found) {
    const names = indexes.map(({ IndexName }) => IndexName).join(', ') || 'none';
    throw new MqdynError('E_USAGE', `${live.TableName} has no index ${index}`, { hint: `Indexes: ${names}.` });
  }
  // a reply in which a key has no type was refused
  const typeOf = (name: string) => live.AttributeDefinitions.find((each) => each.AttributeName === name)?.AttributeType ?? 'S';
  const [partition, sort] = found.KeySchema.map(({ AttributeName: name }) => ({ name, type: typeOf(name) }));
  if (partition === undefined) throw new Error(`${live.TableName} has no key`);
  return { partition, sort };
}

function stream(reading: Reading, options: ReadOptions): ItemStream {
  const totals: ReadTotals = { count: 0, scanned: 0, units: 0, pages: 0, more: false };
  const hints: string[] = [];
  return { items: take(reading, options, totals, hints), totals, hints };
}

async function* take(
  { pages, compared, sample }: Reading,
  { limit = Infinity, probe = false, fields = [] }: ReadOptions,
  totals: ReadTotals,
  hints: string[],
): AsyncGenerator<readonly Item[]> {
  const absent = new AbsentFields(fields);
  for await (const page of pages) {
    totals.pages += 1;
    totals.scanned += page.scanned;
    totals.units += page.units;
    const room = limit - totals.count;
    totals.count += Math.min(page.count, room);
    totals.more ||= page.count > room;
    const taken = page.count > room ? page.items.slice(0, room) : page.items;
    absent.see(taken);
    if (room > 0) yield taken;
    if (totals.more || (totals.count >= limit && !probe)) break;
  }
  const unmatched = totals.count === 0 && totals.scanned > 0 && compared.length > 0;
  if (!unmatched && !absent.some) return;
  // a filter that matches nothing and a field that is nowhere are often mistakes; a few items tell, and cost what they cost
  for await (const page of sample()) {
    totals.units += page.units;
    hints.push(...(unmatched ? noMatchHints(compared, page.items) : absent.sentences(page.items)));
    return;
  }
}
