import { pause } from '../../dynamo/back-off.ts';
import type { Health } from './health.ts';
import type { LiveEvent } from './intake.ts';
import type { LiveWindows, Rejected } from './live-windows.ts';
import { Bell, type Outcome, type Way } from './way.ts';

/** More than this does not wait, in bytes of records. */
const MAX_WAITING_BYTES = 32 << 20;
/** A window that failed is not followed by another one at once, in milliseconds. */
const PAUSE_MS = 1_000;

type Request = {
  events: LiveEvent[];
  bytes: number;
  since: number;
  /** Answers it; only the first call does. */
  answer: (outcome: Outcome) => void;
};

/**
 * Requests are answered when their events are in the tables. Those that come while a window is on its way share the next. One that
 * waits for too long is refused and forgotten, unless it is on its way: then its events may still come into the tables.
 */
export class Direct implements Way {
  private readonly windows: LiveWindows;
  private readonly health: Health;
  private readonly patienceMs: number;
  private readonly bell = new Bell();
  private queue: Request[] = [];
  private sending: Request[] = [];
  private bytes = 0;
  private finishing = false;
  private ended = false;
  sendingSince: number | undefined;
  readonly spoolBytes = 0;

  constructor(windows: LiveWindows, health: Health, patienceMs: number) {
    this.windows = windows;
    this.health = health;
    this.patienceMs = patienceMs;
  }

  get waiting(): number {
    return [...this.queue, ...this.sending].reduce((sum, { events }) => sum + events.length, 0);
  }

  get oldestAt(): number | undefined {
    return (this.sending[0] ?? this.queue[0])?.events[0]?.at;
  }

  async submit(events: LiveEvent[]): Promise<Outcome> {
    const bytes = events.reduce((sum, { line }) => sum + line.bytes.length, 0);
    const isStuck = this.sendingSince !== undefined && performance.now() - this.sendingSince > this.patienceMs;
    if (this.ended || isStuck || this.bytes + bytes > MAX_WAITING_BYTES) return 'refused';
    this.bytes += bytes;
    return new Promise((answer) => {
      this.queue.push({ events, bytes, since: performance.now(), answer });
      this.bell.ring();
    });
  }

  async run(late: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.refuseOld(), this.patienceMs / 10);
    try {
      while (!late.aborted) {
        if (this.queue.length > 0) await this.send(late);
        else if (this.finishing) break;
        else await this.bell.rings();
      }
    } finally {
      clearInterval(timer);
      this.ended = true;
      for (const request of [...this.sending, ...this.queue]) request.answer('refused');
    }
  }

  finish(): void {
    this.finishing = true;
    this.bell.ring();
  }

  async close(): Promise<void> {}

  private async send(late: AbortSignal): Promise<void> {
    const window = this.windows.open();
    let full = false;
    while (!full) {
      const request = this.queue.shift();
      if (request === undefined) break;
      this.sending.push(request);
      // a request is never in two windows
      for (const event of request.events) full = this.windows.take(event, window) || full;
    }
    this.sendingSince = performance.now();
    try {
      const rejected = await this.windows.send(window, late);
      this.health.succeeded();
      for (const { events, answer } of this.sending) answer({ rejected: countOf(events, rejected) });
      this.forget(this.sending);
    } catch (error) {
      for (const { answer } of this.sending) answer('refused');
      this.forget(this.sending);
      if (late.aborted) return;
      this.health.failed(error);
      await pause(PAUSE_MS, late).catch(() => undefined);
    } finally {
      this.sending = [];
      this.sendingSince = undefined;
    }
  }

  private refuseOld(): void {
    const limit = performance.now() - this.patienceMs;
    const old = this.queue.filter(({ since }) => since < limit);
    this.queue = this.queue.filter(({ since }) => since >= limit);
    this.forget(old);
    for (const { since, answer } of [...old, ...this.sending]) if (since < limit) answer('refused');
  }

  private forget(requests: readonly Request[]): void {
    for (const { bytes } of requests) this.bytes -= bytes;
  }
}

function countOf(events: readonly LiveEvent[], rejected: Rejected): number {
  return rejected.size === 0 ? 0 : events.filter(({ line }) => rejected.has(line.number)).length;
}
