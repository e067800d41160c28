import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import { backOff, pause } from './back-off.ts';
import { RateLimitedNotice, type EndpointHealth } from './endpoint-health.ts';
import { ServiceError } from './errors.ts';

/** Limits of the pauses before a retry, in milliseconds: the first one doubles with every fault in a row, up to the longest. */
export type BackOff = { transient: number; throttle: number; longest: number };

const BACK_OFF: BackOff = { transient: 50, throttle: 500, longest: 20_000 };
const MAX_PROTOCOL_FAULTS = 3;
/** So long calls in flight are waited for when the run is to stop, in milliseconds. */
const STOP_WAIT_MS = 10_000;

/** Faults of the connection, or of DynamoDB as a whole. */
const UNREACHABLE = new Set(['E_ENDPOINT', 'E_TIMEOUT']);

export type QueueOptions = {
  /** Live name of the table, for messages. */
  table: string;
  /** Most calls in flight. */
  concurrency: number;
  /** So long without any progress is too long, in milliseconds. */
  retryForMs: number;
  notice: (sentence: string) => void;
  /** Shared by the tables of one connection. */
  health: EndpointHealth;
  backOff?: BackOff;
};

export type Work<T> = {
  /** Makes the call of a job and resolves with what is left of it to be retried. `moved` is to be called when a part went through. */
  run(job: T, moved: () => void): Promise<T | undefined>;
  /** A call failed in a way that does not tell whether it was carried out. */
  unconfirmed(job: T): void;
};

/**
 * The calls of one table, several at a time. A table that throttles or fails slows down its own queue alone; nothing is given
 * up before `retryForMs` without progress.
 */
export class TableQueue<T> {
  private readonly options: QueueOptions;
  private readonly work: Work<T>;
  private readonly backOff: BackOff;
  private readonly trouble: RateLimitedNotice;
  private readonly calls = new Map<Promise<void>, T>();
  private limit: number;
  private faults = 0;
  private protocolFaults = 0;
  private lastProgress = 0;
  private pausedUntil = 0;
  /** Calls that had to be repeated. */
  retries = 0;

  constructor(options: QueueOptions, work: Work<T>) {
    this.options = options;
    this.work = work;
    this.backOff = options.backOff ?? BACK_OFF;
    this.limit = options.concurrency;
    this.trouble = new RateLimitedNotice(options.notice);
  }

  get inFlight(): number {
    return this.calls.size;
  }

  /**
   * Takes the jobs out of `waiting`, so that one that is through can be freed. Resolves when all are; rejects at the first fault
   * that no retry helps with, or with the signal's reason.
   */
  async send(waiting: T[], signal?: AbortSignal): Promise<void> {
    let failure: { error: unknown } | undefined;
    // a call that nobody answers must not keep the stop from being seen
    const stop = abortOf(signal);
    this.lastProgress = performance.now();
    while ((waiting.length > 0 && !failure) || this.calls.size > 0) {
      if (signal?.aborted) failure ??= { error: signal.reason };
      if (!failure && waiting.length > 0 && this.calls.size < this.limit) {
        await pause(this.pausedUntil - performance.now(), signal).catch(() => undefined);
        if (signal?.aborted) continue;
        const job = waiting.shift();
        if (job === undefined) continue;
        const call = this.attempt(job, waiting).catch((error: unknown) => {
          failure ??= { error };
        });
        this.calls.set(call, job);
        void call.finally(() => this.calls.delete(call));
      } else if (signal?.aborted) {
        await Promise.race([Promise.all(this.calls.keys()), delay(STOP_WAIT_MS, undefined, { ref: false })]);
        break;
      } else {
        await Promise.race([...this.calls.keys(), stop.seen]);
      }
    }
    stop.forget();
    if (failure) throw failure.error;
  }

  private async attempt(job: T, waiting: T[]): Promise<void> {
    const { health } = this.options;
    const { phase } = health;
    try {
      const left = await this.work.run(job, () => {
        this.lastProgress = performance.now();
      });
      health.answered(phase);
      if (left === undefined) this.progress();
      else this.retry(left, waiting, this.backOff.throttle);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.fault === 'final' || error.fault === 'rejected') throw error;
      if (error.fault === 'throttle') return this.retry(job, waiting, this.backOff.throttle, error);
      if (UNREACHABLE.has(error.code)) health.failed(phase, error);
      this.work.unconfirmed(job);
      if (error.fault === 'protocol' && (this.protocolFaults += 1) > MAX_PROTOCOL_FAULTS) throw midRun(error);
      this.retry(job, waiting, this.backOff.transient, error);
    }
  }

  private progress(): void {
    this.trouble.ends(`${this.options.table} takes writes again`);
    this.faults = 0;
    this.protocolFaults = 0;
    this.lastProgress = performance.now();
    this.limit = Math.min(this.options.concurrency, this.limit + 1);
  }

  private retry(job: T, waiting: T[], base: number, error?: ServiceError): void {
    const now = performance.now();
    if (now - this.lastProgress > this.options.retryForMs) throw this.noProgress(error);
    if (error === undefined || !UNREACHABLE.has(error.code)) {
      this.trouble.begins(`${this.options.table}: ${error?.message ?? 'some items were not taken'}; retrying`);
    }
    this.faults += 1;
    this.retries += 1;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
    this.pausedUntil = Math.max(this.pausedUntil, now + backOff(base, this.faults, this.backOff.longest));
    waiting.unshift(job);
  }

  private noProgress(error: ServiceError | undefined): MqdynError {
    const seconds = Math.round(this.options.retryForMs / 1000);
    if (error === undefined || error.fault === 'throttle') {
      const reason = error === undefined ? 'some items were never taken' : error.serviceMessage;
      return new MqdynError('E_THROTTLED', `table ${this.options.table} refused writes for ${seconds} s (${reason})`, {
        cause: error,
      });
    }
    return new MqdynError(error.code, `no progress for ${seconds} s (last: ${error.message})`, { cause: error, exit: 5 });
  }
}

/** Before the first write a reply that is no DynamoDB's means a wrong endpoint; later it is a fault that may pass. */
function midRun(error: ServiceError): MqdynError {
  return new MqdynError('E_PROTOCOL', error.message, { cause: error, exit: 5 });
}

/** Resolves when the signal is aborted. */
function abortOf(signal: AbortSignal | undefined): { seen: Promise<void>; forget: () => void } {
  let see!: () => void;
  const seen = new Promise<void>((resolve) => (see = resolve));
  signal?.addEventListener('abort', see, { once: true });
  return { seen, forget: () => signal?.removeEventListener('abort', see) };
}
