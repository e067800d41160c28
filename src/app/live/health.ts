import { MqdynError } from '../../domain/errors.ts';
import { RateLimitedNotice } from '../../dynamo/endpoint-health.ts';

/** Faults that a listener does not outlive: its own, and a reject file that takes nothing. */
const FATAL = new Set(['E_BUG', 'E_OUTPUT', 'E_SPOOL']);

/** Whether events get into the tables, and why not. */
export class Health {
  private failure: string | undefined;
  private spoolFailure: string | undefined;
  private readonly trouble: RateLimitedNotice;
  private readonly spoolTrouble: RateLimitedNotice;

  constructor(notice: (sentence: string) => void) {
    this.trouble = new RateLimitedNotice(notice);
    this.spoolTrouble = new RateLimitedNotice(notice);
  }

  /** The code of the fault that the last window or the last write to the spool ended with. */
  get reason(): string | undefined {
    return this.spoolFailure ?? this.failure;
  }

  /** Takes note of a fault that may pass; throws any other. */
  failed(error: unknown): void {
    if (!(error instanceof MqdynError) || FATAL.has(error.code)) throw error;
    this.failure = error.code;
    this.trouble.begins(`${error.message}; trying again`);
  }

  /** The spool takes nothing: requests are refused until it does. */
  spoolFailed({ code, message }: MqdynError): void {
    this.spoolFailure = code;
    this.spoolTrouble.begins(`${message}; events are refused`);
  }

  spooled(): void {
    this.spoolFailure = undefined;
    this.spoolTrouble.ends('events are spooled again');
  }

  succeeded(): void {
    this.failure = undefined;
    this.trouble.ends('events are applied again');
  }
}
