import type { Write } from '../domain/hooks/write-set.ts';
import {
  intoBatches,
  leftOver,
  setExpression,
  idsExpression,
  writeRequest,
  type BatchWrite,
  type SingleWrite,
} from './batches.ts';
import type { Dynamo } from './client.ts';
import { ServiceError } from './errors.ts';
import { Lane, type Step } from './lane.ts';

/** A write that DynamoDB will never take, and the events that are rejected with it. */
export type Refusal = { write: Write; events: readonly number[]; reason: 'refused' | 'topic_set_full'; detail: string };

export type WriterOptions = {
  concurrency: number;
  retryForMs: number;
  /** Name of a backend table on the live side. */
  liveName: (table: string) => string;
  notice: (sentence: string) => void;
};

export type WriterCounts = {
  requests: number;
  retries: number;
  units: number;
  tables: Record<string, { put: number; update: number; delete: number }>;
};

type Job = { batch: readonly BatchWrite[] } | { single: SingleWrite };
type Capacity = { ConsumedCapacity?: { CapacityUnits: number } | { CapacityUnits: number }[] };
type BatchReply = Capacity & { UnprocessedItems?: Record<string, Parameters<typeof leftOver>[1]> };

const SET_IS_FULL = /item size .*exceed/i;

/** Sends the writes of one window: puts and deletes as batches, updates alone, every table in a lane of its own. */
export class Writer {
  private readonly dynamo: Dynamo;
  private readonly options: WriterOptions;
  private readonly lanes = new Map<string, Lane<Job>>();
  private refusals: Refusal[] = [];
  private requests = 0;
  private units = 0;
  private readonly tables: WriterCounts['tables'] = {};

  constructor(dynamo: Dynamo, options: WriterOptions) {
    this.dynamo = dynamo;
    this.options = options;
  }

  get counts(): WriterCounts {
    const retries = [...this.lanes.values()].reduce((sum, lane) => sum + lane.retries, 0);
    return { requests: this.requests, retries, units: this.units, tables: this.tables };
  }

  /** Resolves when every write is acknowledged or refused for good; the refused ones come back. */
  async send(writes: readonly Write[], signal?: AbortSignal): Promise<Refusal[]> {
    this.refusals = [];
    const byTable = new Map<string, Write[]>();
    for (const write of writes) {
      const own = byTable.get(write.table);
      if (own) own.push(write);
      else byTable.set(write.table, [write]);
    }
    await Promise.all([...byTable].map(([table, own]) => this.lane(table).send([...intoJobs(own)], signal)));
    return this.refusals;
  }

  private lane(table: string): Lane<Job> {
    const known = this.lanes.get(table);
    if (known) return known;
    const live = this.options.liveName(table);
    const lane = new Lane<Job>({ ...this.options, table: live }, (job) =>
      'batch' in job ? this.batch(live, job.batch) : this.single(live, job.single),
    );
    this.lanes.set(table, lane);
    return lane;
  }

  private async batch(live: string, batch: readonly BatchWrite[]): Promise<Step<Job>> {
    const input = { RequestItems: { [live]: batch.map(writeRequest) }, ReturnConsumedCapacity: 'TOTAL' };
    let reply: BatchReply;
    try {
      reply = await this.call<BatchReply>('BatchWriteItem', input);
    } catch (error) {
      if (!isPoison(error)) throw error;
      if (batch.length === 1)
        return this.refuse({ write: batch[0]!, events: batch[0]!.events, reason: 'refused', detail: error.said });
      return this.bisect(live, batch);
    }
    const left = leftOver(batch, reply.UnprocessedItems?.[live] ?? []);
    for (const write of batch) if (!left.includes(write)) this.count(write.table, write.kind);
    return left.length === 0 ? {} : { left: { batch: left } };
  }

  /** One item that DynamoDB does not take makes it refuse the whole call: halve until it stands alone. */
  private async bisect(live: string, batch: readonly BatchWrite[]): Promise<Step<Job>> {
    const middle = Math.ceil(batch.length / 2);
    const halves = [batch.slice(0, middle), batch.slice(middle)];
    const left: BatchWrite[] = [];
    for (const half of halves) {
      const step = await this.batch(live, half);
      if (step.left && 'batch' in step.left) left.push(...step.left.batch);
    }
    return left.length === 0 ? {} : { left: { batch: left } };
  }

  private async single(live: string, write: SingleWrite): Promise<Step<Job>> {
    if (write.kind === 'set') {
      await this.tryUpdate(live, write, setExpression(write.values));
      return {};
    }
    try {
      if (write.add.length > 0) await this.update(live, write, idsExpression('add', write.add));
    } catch (error) {
      if (!isPoison(error) || !SET_IS_FULL.test(error.said)) throw error;
      await this.oneByOne(live, write);
      return {};
    }
    if (write.remove.length > 0) await this.update(live, write, idsExpression('remove', write.remove));
    return {};
  }

  /** The set is full: only every change alone, in the order of its events, shows which ids still fit. */
  private async oneByOne(live: string, write: SingleWrite & { kind: 'ids' }): Promise<void> {
    const refused: number[] = [];
    for (const { id, change, event } of write.log) {
      try {
        await this.update(live, write, idsExpression(change, [id]));
      } catch (error) {
        if (!isPoison(error)) throw error;
        refused.push(event);
      }
    }
    // told at the end: a transient fault in between runs the whole list again
    if (refused.length > 0)
      this.refuse({ write, events: refused, reason: 'topic_set_full', detail: `${live} holds no more ids for this topic` });
  }

  private async tryUpdate(live: string, write: SingleWrite, expression: object): Promise<void> {
    try {
      await this.update(live, write, expression);
    } catch (error) {
      if (!isPoison(error)) throw error;
      this.refuse({ write, events: write.events, reason: 'refused', detail: error.said });
    }
  }

  private async update(live: string, write: SingleWrite, expression: object): Promise<void> {
    await this.call('UpdateItem', { TableName: live, Key: write.key, ...expression, ReturnConsumedCapacity: 'TOTAL' });
    this.count(write.table, 'update');
  }

  private refuse(refusal: Refusal): Step<Job> {
    this.refusals.push(refusal);
    return {};
  }

  private async call<T extends Capacity>(operation: 'BatchWriteItem' | 'UpdateItem', input: object): Promise<T> {
    this.requests += 1;
    const reply = await this.dynamo.call<T>(operation, input);
    for (const { CapacityUnits } of [reply.ConsumedCapacity ?? []].flat()) this.units += CapacityUnits;
    return reply;
  }

  private count(table: string, kind: 'put' | 'update' | 'delete'): void {
    const counts = (this.tables[table] ??= { put: 0, update: 0, delete: 0 });
    counts[kind] += 1;
  }
}

function* intoJobs(writes: readonly Write[]): Generator<Job> {
  const batched = writes.filter((write): write is BatchWrite => write.kind === 'put' || write.kind === 'delete');
  for (const batch of intoBatches(batched)) yield { batch };
  for (const write of writes) if (write.kind === 'set' || write.kind === 'ids') yield { single: write };
}

function isPoison(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.fault === 'poison';
}
