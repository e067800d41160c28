import type { LiveEvent } from './intake.ts';

/** What came of the events of a request: safe, apart from so many that were rejected, or not to be had now. */
export type Outcome = { rejected: number } | 'refused';

/** How events become safe: by the tables alone, or by a spool. */
export type Way = {
  /** Resolves when the events are safe, or it is known that they are not. */
  submit(events: LiveEvent[]): Promise<Outcome>;
  /** Applies events until `finish` was called and nothing is left, or `late` is aborted. Rejects at a fault that does not pass. */
  run(late: AbortSignal): Promise<void>;
  finish(): void;
  /** Events that are taken and not settled. */
  readonly waiting: number;
  /** When the oldest of them came, in Unix milliseconds. */
  readonly oldestAt: number | undefined;
  /** Since when a window is on its way, by the monotonic clock. */
  readonly sendingSince: number | undefined;
  readonly spoolBytes: number;
  close(): Promise<void>;
};

/** Lets a loop sleep until there is something to do. */
export class Bell {
  private wake: (() => void) | undefined;
  private rung = false;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  async rings(): Promise<void> {
    if (!this.rung) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
    this.rung = false;
  }
}
