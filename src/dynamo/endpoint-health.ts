import type { ServiceError } from './errors.ts';

/** A notice that comes and goes is given at most once in so many milliseconds. */
const QUIET_MS = 60_000;

/** Says that a trouble began and that it is over; one that comes back soon is mentioned again only when it lasts. */
export class RateLimitedNotice {
  private readonly notice: (sentence: string) => void;
  private reported = false;
  private reportedAt = -Infinity;

  constructor(notice: (sentence: string) => void) {
    this.notice = notice;
  }

  /** To be called as often as it is met. */
  begins(sentence: string): void {
    const now = performance.now();
    if (this.reported || now - this.reportedAt <= QUIET_MS) return;
    this.reported = true;
    this.reportedAt = now;
    this.notice(sentence);
  }

  ends(sentence: string): void {
    if (!this.reported) return;
    this.reported = false;
    this.notice(sentence);
  }
}

/**
 * Whether the endpoint answers, which all tables find out together and which is said once. Every change is a new phase; a call
 * says nothing about another phase than the one that it was sent in.
 */
export class EndpointHealth {
  private readonly trouble: RateLimitedNotice;
  private isDown = false;
  phase = 0;

  constructor(notice: (sentence: string) => void) {
    this.trouble = new RateLimitedNotice(notice);
  }

  failed(phase: number, error: ServiceError): void {
    this.turn(phase, true);
    if (this.isDown && phase >= this.phase - 1) this.trouble.begins(`${error.message}; retrying`);
  }

  answered(phase: number): void {
    this.turn(phase, false);
    if (!this.isDown) this.trouble.ends('the endpoint answers again');
  }

  private turn(phase: number, down: boolean): void {
    if (phase !== this.phase || down === this.isDown) return;
    this.isDown = down;
    this.phase += 1;
  }
}
