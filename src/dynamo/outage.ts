import type { ServiceError } from './errors.ts';

/** What comes and goes is told of once in so long, in milliseconds. */
const QUIET = 60_000;

/** Tells that something began and that it is over; one that comes soon after another is told only when it lasts. */
export class Trouble {
  private readonly notice: (sentence: string) => void;
  private told = false;
  private toldAt = -Infinity;

  constructor(notice: (sentence: string) => void) {
    this.notice = notice;
  }

  /** To be called as often as it is met. */
  begins(sentence: string): void {
    if (this.told || Date.now() - this.toldAt <= QUIET) return;
    this.told = true;
    this.toldAt = Date.now();
    this.notice(sentence);
  }

  ends(sentence: string): void {
    if (!this.told) return;
    this.told = false;
    this.notice(sentence);
  }
}

/**
 * What all lanes meet together is told once: when the endpoint is gone, and when it is back. Every end and beginning is a new
 * phase; a call tells nothing about another phase than the one that it was sent in.
 */
export class Outage {
  private readonly trouble: Trouble;
  private isOn = false;
  phase = 0;

  constructor(notice: (sentence: string) => void) {
    this.trouble = new Trouble(notice);
  }

  begins(phase: number, error: ServiceError): void {
    this.turn(phase, true);
    if (this.isOn && phase >= this.phase - 1) this.trouble.begins(`${error.message}; trying again`);
  }

  ends(phase: number): void {
    this.turn(phase, false);
    if (!this.isOn) this.trouble.ends('the endpoint answers again');
  }

  private turn(phase: number, on: boolean): void {
    if (phase !== this.phase || on === this.isOn) return;
    this.isOn = on;
    this.phase += 1;
  }
}
