import { s, type Item } from '../../domain/item.ts';
import type { Capacity } from '../../domain/monthly-cost.ts';
import type { TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import type { Figure } from '../../domain/read-cost.ts';
import { isPossibleKey } from '../../domain/records/keys.ts';
import { KEYS, type TableName } from '../../domain/records/tables.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { getItem, getItems, queryItems } from '../../dynamo/documents.ts';
import { scanPages, type Page } from '../../dynamo/pages.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** Where a use case reads, and how it is stopped and heard. */
export type ReadContext = {
  dynamo: Dynamo;
  liveName: (table: string) => string;
  signal: AbortSignal;
  notice: (sentence: string) => void;
  /** Unix milliseconds. */
  now: () => number;
};

/** Reads of the backend's tables, each counted. Keys are given as texts, partition key first. */
export type TableReader = {
  /** Items that DynamoDB read, and read units that it took for them. */
  readonly spent: { scanned: number; units: number };
  /** Every item; with a selection those of its topics, as far as DynamoDB can tell them apart. */
  scan(table: TableName, selection?: TopicSelection): AsyncIterable<readonly Item[]>;
  query(table: TableName, partition: string): Promise<Item[]>;
  get(table: TableName, ...key: string[]): Promise<Item | undefined>;
  /** In no particular order; keys without an item are left out. */
  batch(table: TableName, keys: readonly (readonly string[])[]): Promise<Item[]>;
};

/** Items and bytes of tables as DynamoDB counts them every six hours. */
export type Figures = ReadonlyMap<TableName, Figure & { capacity?: Capacity | undefined }>;

/** Reads from a live DynamoDB. */
export class LiveReader implements TableReader {
  readonly spent = { scanned: 0, units: 0 };
  readonly figures: Figures;
  private readonly context: ReadContext;

  constructor(context: ReadContext, figures: Figures) {
    this.context = context;
    this.figures = figures;
  }

  async *scan(table: TableName, selection: TopicSelection = { kind: 'all' }): AsyncGenerator<readonly Item[]> {
    if (selection.kind === 'topic') {
      const item = await this.get(table, selection.topic);
      if (item) yield [item];
      return;
    }
    const input = { TableName: this.context.liveName(table), ...prefixFilter(selection) };
    yield* this.counted(scanPages(this.context.dynamo, input, 1, this.context.signal));
  }

  async query(table: TableName, partition: string): Promise<Item[]> {
    if (!isPossibleKey([partition])) return [];
    const { dynamo, liveName, signal } = this.context;
    const items: Item[] = [];
    const pages = queryItems(dynamo, liveName(table), [KEYS[table][0], partition], signal);
    for await (const block of this.counted(pages)) items.push(...block);
    return items;
  }

  async get(table: TableName, ...key: string[]): Promise<Item | undefined> {
    if (!isPossibleKey(key)) return undefined;
    const { dynamo, liveName, signal } = this.context;
    const { items, units } = await getItem(dynamo, liveName(table), keyOf(table, key), signal);
    this.spent.units += units;
    this.spent.scanned += items.length;
    return items[0];
  }

  async batch(table: TableName, keys: readonly (readonly string[])[]): Promise<Item[]> {
    const possible = keys.filter((key) => isPossibleKey(key)).map((key) => keyOf(table, key));
    const { dynamo, liveName, signal } = this.context;
    const { items, units } = await getItems(dynamo, liveName(table), possible, signal);
    this.spent.units += units;
    this.spent.scanned += items.length;
    return items;
  }

  private async *counted(pages: AsyncGenerator<Page>): AsyncGenerator<readonly Item[]> {
    for await (const page of pages) {
      this.spent.scanned += page.scanned;
      this.spent.units += page.units;
      yield page.items;
    }
  }
}

/** Saves what travels; DynamoDB reads and bills the whole table all the same. */
function prefixFilter(selection: TopicSelection): object {
  if (selection.kind !== 'filter' || selection.prefix === '') return {};
  return {
    FilterExpression: 'begins_with(#topic, :prefix)',
    ExpressionAttributeNames: { '#topic': 'topic' },
    ExpressionAttributeValues: { ':prefix': s(selection.prefix) },
  };
}

function keyOf(table: TableName, key: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairsOf(KEYS[table], key));
}
