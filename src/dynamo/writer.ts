import type { IdsWrite, Write } from '../domain/hooks/write.ts';
import type { Item } from '../domain/item.ts';
import { Ambiguities, holds } from './ambiguities.ts';
import { intoBatches, leftOver, setExpression, writeRequest, type BatchWrite, type SingleWrite } from './batches.ts';
import type { Dynamo } from './client.ts';
import { allOf, changeIds, type IdsProgress } from './change-ids.ts';
import { isPoison, ServiceError } from './errors.ts';
import { Lane, type BackOff, type Step } from './lane.ts';
import { Outage } from './outage.ts';
import type { Pace } from './pace.ts';
import { retriedFor } from './retry.ts';

/** A write that DynamoDB will never take, and the events that are rejected with it. */
export type Refusal = { write: Write; events: readonly number[]; reason: 'refused' | 'topic_set_full'; detail: string };

export type WriterOptions = {
  /** Calls in flight for each table. */
  concurrency: number;
  retryForMs: number;
  /** Name of a backend table on the live side. */
  liveName: (table: string) => string;
  notice: (sentence: string) => void;
  /** Limit of write capacity units a second. */
  pace?: Pace | undefined;
  /** Writes of an earlier run whose fate is unknown. */
  unreconciled?: readonly Write[];
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

type BatchJob = { refusals: Refusal[]; batch: readonly BatchWrite[] };
type SingleJob = { refusals: Refusal[]; single: SingleWrite; ids?: IdsProgress };
type Job = BatchJob | SingleJob;

type Capacity = { ConsumedCapacity?: { CapacityUnits: number } | { CapacityUnits: number }[] };
type BatchReply = Capacity & { UnprocessedItems?: Record<string, Parameters<typeof leftOver>[1]> };

const LATE_MS = 2_000;

/** Sends the writes of windows: puts and deletes as batches, updates alone, every table in a lane of its own. */
export class Writer {
  private readonly dynamo: Dynamo;
  private readonly options: WriterOptions;
  private readonly lanes = new Map<string, Lane<Job>>();
  private readonly ambiguities: Ambiguities;
  private readonly outage: Outage;
  private requests = 0;
  private units = 0;
  private readonly tables: WriterCounts['tables'] = {};

  constructor(dynamo: Dynamo, options: WriterOptions) {
    this.dynamo = dynamo;
    this.options = options;
    this.ambiguities = new Ambiguities(options.unreconciled);
    this.outage = new Outage(options.notice);
  }

  get counts(): WriterCounts {
    const retries = [...this.lanes.values()].reduce((sum, lane) => sum + lane.retries, 0);
    return { requests: this.requests, retries, units: this.units, tables: this.tables };
  }

  get inFlight(): number {
    return [...this.lanes.values()].reduce((sum, lane) => sum + lane.inFlight, 0);
  }

  /** Last writes of the keys that still have to be compared with the tables. */
  get unreconciled(): Write[] {
    return this.ambiguities.all();
  }

  /**
   * Resolves when every write is acknowledged or refused for good; the refused ones come back. Several calls may be under
   * way: those of one table stay in order.
   */
  async send(writes: readonly Write[], signal?: AbortSignal): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    this.ambiguities.follow(writes);
    const byTable = new Map<string, Write[]>();
    for (const write of writes) {
      const own = byTable.get(write.table);
      if (own) own.push(write);
      else byTable.set(write.table, [write]);
    }
    const sent = [...byTable].map(([table, own]) => this.lane(table).send([...intoJobs(own, refusals)], signal));
    // a table that fails must not cut off the calls of the others
    for (const result of await Promise.allSettled(sent)) if (result.status === 'rejected') throw result.reason;
    return refusals;
  }

  /** Rewrites every key that a late call has changed behind our back. Returns how many there were. */
  async reconcile(signal?: AbortSignal): Promise<number> {
    let count = 0;
    // what is written now may meet the same fate
    while (this.ambiguities.size > 0) {
      await this.ambiguities.rest(this.options.lateMs ?? LATE_MS, signal);
      const changed: Write[] = [];
      for (const write of this.ambiguities.all()) {
        const held = () => holds(this.dynamo, this.options.liveName(write.table), write);
        if (!(await retriedFor(this.options.retryForMs, held))) changed.push(write);
        signal?.throwIfAborted();
      }
      this.ambiguities.forget();
      // what is refused now was refused before: a topic whose set is full
      await this.send(changed, signal);
      count += changed.length;
    }
    return count;
  }

  private lane(table: string): Lane<Job> {
    const known = this.lanes.get(table);
    if (known) return known;
    const live = this.options.liveName(table);
    const lane = new Lane<Job>(
      { ...this.options, table: live, outage: this.outage },
      {
        run: (job, moved) => ('batch' in job ? this.batch(live, job, moved) : this.single(live, job, moved)),
        ambiguous: (job) => {
          for (const write of 'batch' in job ? job.batch : [job.single]) this.ambiguities.note(write);
        },
      },
    );
    this.lanes.set(table, lane);
    return lane;
  }

  private async batch(live: string, job: BatchJob, moved: () => void): Promise<Step<Job>> {
    const { batch, refusals } = job;
    let reply: BatchReply;
    try {
      reply = await this.call<BatchReply>('BatchWriteItem', { RequestItems: { [live]: batch.map(writeRequest) } });
    } catch (error) {
      if (!isPoison(error)) throw error;
      if (batch.length > 1) return this.bisect(live, job, moved);
      refusals.push({ write: batch[0]!, events: batch[0]!.events, reason: 'refused', detail: error.said });
      return {};
    }
    const left = leftOver(batch, reply.UnprocessedItems?.[live] ?? []);
    const still = new Set(left);
    if (left.length < batch.length) moved();
    for (const write of batch) if (!still.has(write)) this.count(write.table, write.kind);
    return left.length === 0 ? {} : { left: { batch: left, refusals } };
  }

  /** One item that DynamoDB does not take makes it refuse the whole call: halve until it stands alone. */
  private async bisect(live: string, { batch, refusals }: BatchJob, moved: () => void): Promise<Step<Job>> {
    const middle = Math.ceil(batch.length / 2);
    const left: BatchWrite[] = [];
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      const step = await this.batch(live, { batch: half, refusals }, moved);
      if (step.left && 'batch' in step.left) left.push(...step.left.batch);
    }
    return left.length === 0 ? {} : { left: { batch: left, refusals } };
  }

  private async single(live: string, job: SingleJob, moved: () => void): Promise<Step<Job>> {
    const { single: write, refusals } = job;
    try {
      if (write.kind === 'set') await this.update(live, write, setExpression(write.values));
      else await this.changeIds(live, write, (job.ids ??= allOf(write)), refusals, moved);
    } catch (error) {
      if (!isPoison(error)) throw error;
      refusals.push({ write, events: write.events, reason: 'refused', detail: error.said });
    }
    return {};
  }

  private async changeIds(
    live: string,
    write: IdsWrite,
    progress: IdsProgress,
    refusals: Refusal[],
    moved: () => void,
  ): Promise<void> {
    const refused = await changeIds(write, progress, {
      update: (expression) => this.update(live, write, expression),
      read: () => this.read(live, write.key),
      moved,
    });
    if (refused.length === 0) return;
    this.ambiguities.giveUp(write, refused);
    const events = refused.map(({ event }) => event);
    refusals.push({ write, events, reason: 'topic_set_full', detail: `${live} holds no more ids for this topic` });
  }

  private async read(live: string, Key: Item): Promise<{ Item?: Item } | undefined> {
    this.requests += 1;
    try {
      return await this.dynamo.call<{ Item?: Item }>('GetItem', { TableName: live, Key, ConsistentRead: true });
    } catch (error) {
      // who may write but not read gets along without
      if (error instanceof ServiceError && error.code === 'E_DENIED') return undefined;
      throw error;
    }
  }

  private async update(live: string, write: SingleWrite, expression: object): Promise<void> {
    await this.call('UpdateItem', { TableName: live, Key: write.key, ...expression });
    this.count(write.table, 'update');
  }

  private async call<T extends Capacity>(operation: 'BatchWriteItem' | 'UpdateItem', input: object): Promise<T> {
    await this.options.pace?.turn();
    this.requests += 1;
    const reply = await this.dynamo.call<T>(operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
    let units = 0;
    for (const { CapacityUnits } of [reply.ConsumedCapacity ?? []].flat()) units += CapacityUnits;
    this.units += units;
    this.options.pace?.spend(units);
    return reply;
  }

  private count(table: string, kind: 'put' | 'update' | 'delete'): void {
    const counts = (this.tables[table] ??= { put: 0, update: 0, delete: 0 });
    counts[kind] += 1;
  }
}

function* intoJobs(writes: readonly Write[], refusals: Refusal[]): Generator<Job> {
  const batched = writes.filter((write): write is BatchWrite => write.kind === 'put' || write.kind === 'delete');
  for (const batch of intoBatches(batched)) yield { batch, refusals };
  for (const write of writes) if (write.kind === 'set' || write.kind === 'ids') yield { single: write, refusals };
}
