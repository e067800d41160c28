import { MqdynError } from '../../domain/errors.ts';
import { RateLimitedNotice } from '../../dynamo/endpoint-health.ts';

/** Faults that a listener does not outlive. */
const FATAL = new Set(['E_BUG', 'E_SPOOL']);

/** So long a refusal counts, in milliseconds: whoever asks for the health before sending has to try again some time. */
const REMEMBERED_MS = 10_000;

/** Whether events get into the tables, and why not. */
export class Health {
  private failure: string | undefined;
  private refusal: { code: string; at: number } | undefined;
  private readonly trouble: RateLimitedNotice;
  private readonly refusals: RateLimitedNotice;

  constructor(notice: (sentence: string) => void) {
    this.trouble = new RateLimitedNotice(notice);
    this.refusals = new RateLimitedNotice(notice);
  }

  /** The code of the fault that the last window ended with, or for which requests were refused just now. */
  get reason(): string | undefined {
    const { refusal } = this;
    return refusal !== undefined && performance.now() - refusal.at < REMEMBERED_MS ? refusal.code : this.failure;
  }

  /** Takes note of a fault that may pass; throws any other. */
  failed(error: unknown): void {
    const { code, message } = passing(error);
    this.failure = code;
    this.trouble.begins(`${message}; retrying`);
  }

  /** Local files take nothing: requests are refused until they do. Throws a fault that does not pass. */
  refused(error: unknown): void {
    const { code, message } = passing(error);
    this.refusal = { code, at: performance.now() };
    this.refusals.begins(`${message}; events are refused`);
  }

  accepted(): void {
    this.refusal = undefined;
    this.refusals.ends('events are accepted again');
  }

  succeeded(): void {
    this.failure = undefined;
    this.trouble.ends('events are applied again');
  }
}

function passing(error: unknown): MqdynError {
  if (error instanceof MqdynError && !FATAL.has(error.code)) return error;
  throw error;
}
