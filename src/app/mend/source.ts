import { textOf, type Item } from '../../domain/item.ts';
import { isPossibleKey } from '../../domain/records/keys.ts';
import { KEYS, type TableName } from '../../domain/records/tables.ts';
import { batchGetRaw } from '../../dynamo/batch-get.ts';
import { queryItems } from '../../dynamo/documents.ts';
import { scanPages } from '../../dynamo/pages.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import { inspectTables, type Inspected } from './inspect-tables.ts';
import type { ReadByKey } from './lookups.ts';
import type { ReadContext } from '../views/table-reader.ts';

/** A part of the key space: number `part`, from 1, of `of` parts that DynamoDB itself keeps apart. */
export type Subset = { part: number; of: number };

/** Where doctor reads: the live tables, or an export of them. */
export type DoctorSource = {
  readonly spent: { scanned: number; units: number };
  scan(table: TableName, subset?: Subset): AsyncIterable<readonly Item[]>;
  /** Items as they are at this moment, by their keys; undefined where nothing changes between two reads, as in an export. */
  readonly read: ReadByKey | undefined;
  /** How many stored subscriptions a client has at this moment; undefined likewise. */
  readonly subscriptionsOf: ((clientid: string) => Promise<number>) | undefined;
};

/** The same with what the tables themselves are like. */
export type TablesSource = DoctorSource & {
  /** Looks at tables before anything is read of them. `definitions` are those of the schema files. */
  inspect(tables: readonly TableName[], definitions: readonly TableDefinition[]): Promise<Inspected>;
};

/** So many segments are read at once. */
export type LiveOptions = { segments: number };

/** Reads from a live DynamoDB; reads by key are consistent. */
export class LiveSource implements TablesSource {
  readonly spent = { scanned: 0, units: 0 };
  private readonly context: ReadContext;
  private readonly segments: number;

  constructor(context: ReadContext, { segments }: LiveOptions) {
    this.context = context;
    this.segments = segments;
  }

  inspect(tables: readonly TableName[], definitions: readonly TableDefinition[]): Promise<Inspected> {
    return inspectTables(this.context.dynamo, tables, { ...this.context, definitions });
  }

  async *scan(table: TableName, subset?: Subset): AsyncGenerator<readonly Item[]> {
    const { dynamo, liveName, signal } = this.context;
    const part = subset === undefined ? {} : { Segment: subset.part - 1, TotalSegments: subset.of };
    const input = { TableName: liveName(table), ...part };
    for await (const page of scanPages(dynamo, input, subset === undefined ? this.segments : 1, signal)) {
      this.spent.scanned += page.scanned;
      this.spent.units += page.units;
      yield page.items;
    }
  }

  readonly read = async (table: TableName, keys: readonly Item[]): Promise<Item[]> => {
    const { dynamo, liveName, signal } = this.context;
    // an id in the map may be any text, also one that no message can have
    const possible = keys.filter((key) => isPossibleKey(KEYS[table].map((name) => textOf(key, name) ?? '')));
    const { items, units } = await batchGetRaw(dynamo, liveName(table), possible, signal, { consistent: true });
    this.spent.scanned += items.length;
    this.spent.units += units;
    return items;
  };

  readonly subscriptionsOf = async (clientid: string): Promise<number> => {
    const { dynamo, liveName, signal } = this.context;
    let count = 0;
    for await (const page of queryItems(dynamo, liveName('mqtt_sub'), ['clientid', clientid], signal)) {
      this.spent.scanned += page.scanned;
      this.spent.units += page.units;
      count += page.count;
    }
    return count;
  };
}
