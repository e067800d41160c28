import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { ServiceError } from './errors.ts';
import { Trouble, type Outage } from './outage.ts';

/** Pauses before a call is repeated, in milliseconds: the first one doubles with every fault in a row, up to the longest. */
export type BackOff = { transient: number; throttle: number; longest: number };

/** Source: faults, section 4.1. */
const BACK_OFF: BackOff = { transient: 50, throttle: 500, longest: 20_000 };
const MAX_PROTOCOL_FAULTS = 3;
/** So long calls in flight are waited for when the run is to stop, in milliseconds. */
const STOP_WAIT = 10_000;

/** Faults of the way to DynamoDB, or of DynamoDB as a whole. */
const NO_WAY = new Set(['E_ENDPOINT', 'E_TIMEOUT']);

export type LaneOptions = {
  /** Live name of the table, for messages. */
  table: string;
  /** Most calls in flight. */
  concurrency: number;
  /** So long without any progress is too long, in milliseconds. */
  retryForMs: number;
  notice: (sentence: string) => void;
  /** Shared by the lanes of one connection. */
  outage: Outage;
  backOff?: BackOff;
};

/** Result of one job: what is left of it is tried again, later and alone. */
export type Step<T> = { left?: T };

export type Work<T> = {
  /** `moved` is to be called when a part of the job went through: a table that takes something is no reason to lose patience. */
  run(job: T, moved: () => void): Promise<Step<T>>;
  /** A call failed in a way that does not tell whether it was carried out. */
  ambiguous(job: T): void;
};

/**
 * Sends the calls of one table, several at a time, until every one is through. A throttled or failing table slows this lane
 * alone; patience ends after `retryForMs` without progress. Nothing is ever given up silently.
 */
export class Lane<T> {
  private readonly options: LaneOptions;
  private readonly work: Work<T>;
  private readonly backOff: BackOff;
  private readonly flying = new Map<Promise<void>, T>();
  private before: Promise<void> = Promise.resolve();
  private limit: number;
  private faults = 0;
  /** Of this table alone; an outage is told for all. */
  private readonly trouble: Trouble;
  private protocolFaults = 0;
  private lastProgress = 0;
  private pausedUntil = 0;
  /** Calls that had to be repeated. */
  retries = 0;

  constructor(options: LaneOptions, work: Work<T>) {
    this.options = options;
    this.work = work;
    this.backOff = options.backOff ?? BACK_OFF;
    this.limit = options.concurrency;
    this.trouble = new Trouble(options.notice);
  }

  get inFlight(): number {
    return this.flying.size;
  }

  /**
   * Resolves when all jobs are through, after those that were handed over before; rejects at the first fault that patience
   * does not help with. Jobs of later calls do not start then.
   */
  send(jobs: readonly T[], signal?: AbortSignal): Promise<void> {
    const sent = this.before.then(() => this.drain([...jobs], signal));
    this.before = sent;
    // whoever waits for this call sees the failure; the chain alone must not count as unhandled
    sent.catch(() => undefined);
    return sent;
  }

  private async drain(queue: T[], signal: AbortSignal | undefined): Promise<void> {
    let failure: { error: unknown } | undefined;
    // a call that nobody answers must not keep the stop from being seen
    const stop = stopOf(signal);
    this.lastProgress = Date.now();
    while ((queue.length > 0 && !failure) || this.flying.size > 0) {
      if (signal?.aborted && !failure) failure = { error: signal.reason };
      if (!failure && queue.length > 0 && this.flying.size < this.limit) {
        await this.pause(signal);
        if (signal?.aborted) continue;
        const job = queue.shift()!;
        const flight = this.attempt(job, queue).catch((error: unknown) => {
          failure ??= { error };
        });
        this.flying.set(flight, job);
        void flight.finally(() => this.flying.delete(flight));
      } else if (signal?.aborted) {
        await Promise.race([Promise.all(this.flying.keys()), delay(STOP_WAIT, undefined, { ref: false })]);
        // what is cut off now may still be carried out
        for (const cut of this.flying.values()) this.work.ambiguous(cut);
        break;
      } else {
        await Promise.race([...this.flying.keys(), stop.seen]);
      }
    }
    stop.forget();
    if (failure) throw failure.error;
  }

  private async attempt(job: T, queue: T[]): Promise<void> {
    const { outage } = this.options;
    const { phase } = outage;
    try {
      const { left } = await this.work.run(job, () => {
        this.lastProgress = Date.now();
      });
      outage.ends(phase);
      if (left === undefined) this.progress();
      else this.again(left, queue, this.backOff.throttle);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.fault === 'final' || error.fault === 'poison') throw error;
      if (error.fault === 'throttle') return this.again(job, queue, this.backOff.throttle, error);
      if (NO_WAY.has(error.code)) outage.begins(phase, error);
      this.work.ambiguous(job);
      if (error.fault === 'protocol' && (this.protocolFaults += 1) > MAX_PROTOCOL_FAULTS) throw midRun(error);
      this.again(job, queue, this.backOff.transient, error);
    }
  }

  private progress(): void {
    this.trouble.ends(`${this.options.table} takes writes again`);
    this.faults = 0;
    this.protocolFaults = 0;
    this.lastProgress = Date.now();
    this.limit = Math.min(this.options.concurrency, this.limit + 1);
  }

  private again(job: T, queue: T[], base: number, error?: ServiceError): void {
    const stalled = Date.now() - this.lastProgress;
    if (stalled > this.options.retryForMs) throw this.impatience(error);
    if (error === undefined || !NO_WAY.has(error.code)) {
      this.trouble.begins(`${this.options.table}: ${error?.message ?? 'some items were not taken'}; trying again`);
    }
    this.faults += 1;
    this.retries += 1;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
    const ceiling = Math.min(this.backOff.longest, base * 2 ** Math.min(this.faults, 10));
    this.pausedUntil = Math.max(this.pausedUntil, Date.now() + Math.random() * ceiling);
    queue.unshift(job);
  }

  private async pause(signal: AbortSignal | undefined): Promise<void> {
    const rest = this.pausedUntil - Date.now();
    if (rest <= 0) return;
    await delay(rest, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }

  private impatience(error: ServiceError | undefined): MqdynError {
    const seconds = Math.round(this.options.retryForMs / 1000);
    if (error === undefined || error.fault === 'throttle') {
      const reason = error === undefined ? 'some items were never taken' : error.said;
      return new MqdynError('E_THROTTLED', `table ${this.options.table} refused writes for ${seconds} s (${reason})`, {
        cause: error,
      });
    }
    return new MqdynError(error.code, `no progress for ${seconds} s (last: ${error.message})`, { cause: error, exit: 5 });
  }
}

/** Before the first write a reply that is no DynamoDB's is a wrong endpoint; later it is a fault that may pass. */
function midRun(error: ServiceError): MqdynError {
  return new MqdynError('E_PROTOCOL', error.message, { cause: error, exit: 5 });
}

/** Resolves when the signal is aborted. */
function stopOf(signal: AbortSignal | undefined): { seen: Promise<void>; forget: () => void } {
  let see!: () => void;
  const seen = new Promise<void>((resolve) => (see = resolve));
  signal?.addEventListener('abort', see, { once: true });
  return { seen, forget: () => signal?.removeEventListener('abort', see) };
}
