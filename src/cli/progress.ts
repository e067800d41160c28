import type { ReplayProgress } from '../app/replay/write-replay.ts';
import { sizeText } from '../domain/byte-size.ts';
import { countText } from '../domain/count-text.ts';
import type { Io } from './io.ts';
import { CLEAR_LINE, REDRAW_MS } from './read-progress.ts';

/** A line that is drawn over and over: `clear` makes room for other talk, `end` is the last of it. */
export type ShownProgress = { clear(): void; end(): void };

/** Shows on a terminal, in one line of stderr, how far a replay is; without a terminal it is silent. */
export function showProgress(io: Io, read: () => ReplayProgress): ShownProgress {
  if (!io.stderr.isTTY) return { clear: () => undefined, end: () => undefined };
  const started = performance.now();
  const line = new ProgressLine();
  const clear = () => io.stderr.write(CLEAR_LINE);
  const draw = () => {
    const text = line.at(read(), (performance.now() - started) / 1000, io.stderr.columns || 80);
    io.stderr.write(`${CLEAR_LINE}${text}`);
  };
  const timer = setInterval(draw, REDRAW_MS);
  return {
    clear,
    end: () => {
      clearInterval(timer);
      clear();
    },
  };
}

type Look = { settled: number; seconds: number };

/** The line for one replay. Speed and time left go by what was settled since the first look at it: a run may go on from an earlier one. */
export class ProgressLine {
  private first: Look | undefined;
  /** When something was last found settled. */
  private last: Look = { settled: 0, seconds: 0 };

  /** Share and size, time left, events settled a second, events not settled, repeated calls, calls, events; as many as fit whole. */
  at({ read, settled, bytes, total, requests, retries }: ReplayProgress, seconds: number, columns: number): string {
    const expected = expectedEvents(read, bytes, total);
    const { done, speed } = this.pace(read, settled, seconds);
    const left = expected !== undefined && speed > 0 ? (expected - done) / speed : 0;
    const parts = [
      expected === undefined || total === undefined
        ? sizeText(bytes)
        : `${Math.floor((settled / expected) * 100)}% of ${sizeText(total)}`,
      ...(left > 0 ? [`${duration(left)} left`] : []),
      ...(speed > 0 ? [`${countText(Math.round(speed))} events/s`] : []),
      `${countText(read - settled)} unsettled`,
      ...(retries > 0 ? [`${countText(retries)} repeated`] : []),
      `${countText(requests)} requests`,
      `${countText(read)} events`,
    ];
    return fitting(parts, columns - 1);
  }

  /** Windows settle whole, seconds apart: in between, what is under way counts as far as the speed until now says. */
  private pace(read: number, settled: number, seconds: number): { done: number; speed: number } {
    const look = { settled, seconds };
    if (this.first === undefined) {
      if (read > 0) this.first = this.last = look;
      return { done: settled, speed: 0 };
    }
    if (settled > this.last.settled) this.last = look;
    const done = settled + Math.min(read - settled, speedOf(this.first, this.last) * (seconds - this.last.seconds));
    return { done, speed: speedOf(this.first, { settled: done, seconds }) };
  }
}

function speedOf(from: Look, to: Look): number {
  return to.seconds > from.seconds ? (to.settled - from.settled) / (to.seconds - from.seconds) : 0;
}

/** Events of the whole input, if the rest of it is like what was read. */
function expectedEvents(read: number, bytes: number, total: number | undefined): number | undefined {
  if (total === undefined || bytes === 0 || read === 0) return undefined;
  return read * Math.max(1, total / bytes);
}

/** Parts from the first one on, as long as they fit whole. */
function fitting([first = '', ...others]: readonly string[], width: number): string {
  let line = first;
  for (const part of others) {
    if (line.length + 2 + part.length > width) break;
    line += `, ${part}`;
  }
  return line;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}m${whole % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
