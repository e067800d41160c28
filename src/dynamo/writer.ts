import type { BatchWrite, IdsWrite, Write } from '../domain/hooks/write.ts';
import type { Item } from '../domain/item.ts';
import type { TableName } from '../domain/records/tables.ts';
import { intoBatches, setExpression, unitsOf, unprocessedWrites, writeRequest, type SingleWrite } from './batches.ts';
import type { Dynamo } from './client.ts';
import { allOf, changeIds, type IdsProgress } from './change-ids.ts';
import { isRejected, ServiceError } from './errors.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { Pace } from './pace.ts';
import type { RawOperations } from './raw-operations.ts';
import { retriedFor } from './retry.ts';
import { TableQueue, type BackOff } from './table-queue.ts';
import { holdsIds, UnconfirmedWrites } from './unconfirmed-writes.ts';

/** A write that DynamoDB will never take, and the events that are rejected with it. */
export type Refusal<Table extends string = TableName> = {
  write: Write<Table>;
  events: readonly number[];
  reason: 'refused' | 'topic_set_full';
  detail: string;
};

export type WriterOptions = {
  /** Calls in flight for each table. */
  concurrency: number;
  retryForMs: number;
  /** Name of a backend table on the live side. */
  liveName: (table: string) => string;
  notice: (sentence: string) => void;
  /** Limit of write capacity units a second. */
  pace?: Pace | undefined;
  backOff?: BackOff;
  /** So long a call without a clear reply may still be carried out, in milliseconds. */
  lateMs?: number;
};

export type WriterCounts = {
  requests: number;
  retries: number;
  units: number;
  tables: Record<string, { put: number; update: number; delete: number }>;
};

type BatchJob<Table extends string> = { refusals: Refusal<Table>[]; batch: readonly BatchWrite<Table>[] };
type SingleJob<Table extends string> = { refusals: Refusal<Table>[]; single: SingleWrite; ids?: IdsProgress };
type Job<Table extends string> = BatchJob<Table> | SingleJob<Table>;

type Writes = Pick<RawOperations, 'BatchWriteItem' | 'UpdateItem'>;
type BatchReply = Writes['BatchWriteItem']['reply'];

/** So long a call without a clear reply may still be carried out, in milliseconds. */
export const LATE_MS = 2_000;

/** Sends the writes of windows: puts and deletes as batches, updates alone, every table through a queue of its own. */
export class Writer<Table extends string = TableName> {
  private readonly dynamo: Dynamo;
  private readonly options: WriterOptions;
  private readonly queues = new Map<string, TableQueue<Job<Table>>>();
  private readonly unconfirmed = new UnconfirmedWrites();
  private readonly health: EndpointHealth;
  private requests = 0;
  private units = 0;
  private readonly tables: WriterCounts['tables'] = {};
  /** Topics that a late call had changed and that were written again. */
  reconciled = 0;
  /** How much of what is being sent is through, from 0 to 1. */
  private progress = { writes: 0, total: 0 };
  private signal: AbortSignal | undefined;

  constructor(dynamo: Dynamo, options: WriterOptions) {
    this.dynamo = dynamo;
    this.options = options;
    this.health = new EndpointHealth(options.notice);
  }

  get counts(): WriterCounts {
    const retries = [...this.queues.values()].reduce((sum, queue) => sum + queue.retries, 0);
    return { requests: this.requests, retries, units: this.units, tables: this.tables };
  }

  get inFlight(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.inFlight, 0);
  }

  /** The share of the writes being sent that is through, from 0 to 1. */
  get share(): number {
    const { writes, total } = this.progress;
    return total === 0 ? 0 : writes / total;
  }

  /**
   * Resolves when every write is in its table or refused for good; the refused ones come back. No key may stand in two calls of
   * this at a time.
   */
  send(writes: readonly Write<Table>[], signal?: AbortSignal): Promise<Refusal<Table>[]> {
    this.signal = signal;
    this.progress = { writes: 0, total: writes.length };
    // only the queues hold the writes from here on
    return this.settled(this.sendAll(writes, signal), signal);
  }

  private async settled(sent: Promise<Refusal<Table>[]>, signal: AbortSignal | undefined): Promise<Refusal<Table>[]> {
    const refusals = await sent;
    // what is written again may meet the same fate
    while (!this.unconfirmed.isEmpty) await this.reconcile(signal);
    return refusals;
  }

  private sendAll(writes: readonly Write<Table>[], signal: AbortSignal | undefined): Promise<Refusal<Table>[]> {
    const refusals: Refusal<Table>[] = [];
    const byTable = new Map<string, Write<Table>[]>();
    for (const write of writes) {
      const own = byTable.get(write.table);
      if (own) own.push(write);
      else byTable.set(write.table, [write]);
    }
    const sent = [...byTable].map(([table, own]) => this.queue(table).send([...this.intoJobs(own, refusals)], signal));
    // a table that fails must not cut off the calls of the others
    return Promise.allSettled(sent).then((results) => {
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return refusals;
    });
  }

  /** Writes topics again that a late call has changed. */
  private async reconcile(signal: AbortSignal | undefined): Promise<void> {
    const changed: Write<Table>[] = [];
    for (const write of await this.unconfirmed.takeSettled(this.options.lateMs ?? LATE_MS, signal)) {
      const holds = () => holdsIds(this.dynamo, this.options.liveName(write.table), write, signal);
      if (!(await retriedFor(this.options.retryForMs, holds, signal))) changed.push(write);
    }
    // what is refused now was refused before: a topic whose set is full
    await this.sendAll(changed, signal);
    this.reconciled += changed.length;
  }

  private queue(table: string): TableQueue<Job<Table>> {
    const known = this.queues.get(table);
    if (known) return known;
    const live = this.options.liveName(table);
    const queue = new TableQueue<Job<Table>>(
      { ...this.options, table: live, health: this.health },
      {
        run: (job, moved) => ('batch' in job ? this.batch(live, job, moved) : this.single(live, job, moved)),
        unconfirmed: (job) => {
          for (const write of 'batch' in job ? job.batch : [job.single]) this.unconfirmed.note(write);
        },
      },
    );
    this.queues.set(table, queue);
    return queue;
  }

  private async batch(live: string, job: BatchJob<Table>, moved: () => void): Promise<Job<Table> | undefined> {
    const { batch, refusals } = job;
    let reply: BatchReply;
    try {
      const input = { RequestItems: { [live]: batch.map(writeRequest) } };
      reply = await this.call('BatchWriteItem', input, unitsOf(batch));
    } catch (error) {
      if (!isRejected(error)) throw error;
      const [write] = batch;
      if (write === undefined || batch.length > 1) return this.bisect(live, job, moved);
      refusals.push({ write, events: write.events, reason: 'refused', detail: error.serviceMessage });
      return undefined;
    }
    const left = unprocessedWrites(batch, live, reply.UnprocessedItems);
    const still = new Set(left);
    if (left.length < batch.length) moved();
    for (const write of batch) if (!still.has(write)) this.count(write.table, write.kind);
    this.progress.writes += batch.length - left.length;
    return left.length === 0 ? undefined : { batch: left, refusals };
  }

  /** One item that DynamoDB does not take makes it refuse the whole call: halve until it stands alone. */
  private async bisect(live: string, { batch, refusals }: BatchJob<Table>, moved: () => void): Promise<Job<Table> | undefined> {
    const middle = Math.ceil(batch.length / 2);
    const left: BatchWrite<Table>[] = [];
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      const rest = await this.batch(live, { batch: half, refusals }, moved);
      if (rest && 'batch' in rest) left.push(...rest.batch);
    }
    return left.length === 0 ? undefined : { batch: left, refusals };
  }

  private async single(live: string, job: SingleJob<Table>, moved: () => void): Promise<Job<Table> | undefined> {
    const { single: write, refusals } = job;
    try {
      if (write.kind === 'set') await this.update(live, write, setExpression(write.values));
      else await this.changeIds(live, write, (job.ids ??= allOf(write)), refusals, moved);
      this.progress.writes += 1;
    } catch (error) {
      if (!isRejected(error)) throw error;
      refusals.push({ write, events: write.events, reason: 'refused', detail: error.serviceMessage });
    }
    return undefined;
  }

  private async changeIds(
    live: string,
    write: IdsWrite,
    progress: IdsProgress,
    refusals: Refusal<Table>[],
    moved: () => void,
  ): Promise<void> {
    const refused = await changeIds(write, progress, {
      update: (expression) => this.update(live, write, expression),
      read: () => this.read(live, write.key),
      moved,
    });
    if (refused.length === 0) return;
    this.unconfirmed.giveUp(write, refused);
    const events = refused.map(({ event }) => event);
    refusals.push({ write, events, reason: 'topic_set_full', detail: `${live} holds no more ids for this topic` });
  }

  private async read(live: string, Key: Item): Promise<{ Item?: Item } | undefined> {
    this.requests += 1;
    try {
      return await this.dynamo.call('GetItem', { TableName: live, Key, ConsistentRead: true });
    } catch (error) {
      // who may write but not read gets along without
      if (error instanceof ServiceError && error.code === 'E_DENIED') return undefined;
      throw error;
    }
  }

  private async update(live: string, write: SingleWrite, expression: object): Promise<void> {
    await this.call('UpdateItem', { TableName: live, Key: write.key, ...expression }, unitsOf([write]));
    this.count(write.table, 'update');
  }

  /** `units` is what the writes themselves will cost at least. */
  private async call<O extends keyof Writes>(
    operation: O,
    input: Writes[O]['input'],
    units: number,
  ): Promise<Writes[O]['reply']> {
    const { pace } = this.options;
    await pace?.reserve(units, this.signal);
    this.requests += 1;
    const reply = await this.dynamo.call(operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
    let cost = 0;
    for (const { CapacityUnits } of [reply.ConsumedCapacity ?? []].flat()) cost += CapacityUnits;
    this.units += cost;
    pace?.settle(units, cost);
    return reply;
  }

  private count(table: string, kind: 'put' | 'update' | 'delete'): void {
    const counts = (this.tables[table] ??= { put: 0, update: 0, delete: 0 });
    counts[kind] += 1;
  }

  private *intoJobs(writes: readonly Write<Table>[], refusals: Refusal<Table>[]): Generator<Job<Table>> {
    const batched = writes.filter((write): write is BatchWrite<Table> => write.kind === 'put' || write.kind === 'delete');
    for (const batch of intoBatches(batched, this.options.pace?.perSecond)) yield { batch, refusals };
    for (const write of writes) if (write.kind === 'set' || write.kind === 'ids') yield { single: write, refusals };
  }
}
