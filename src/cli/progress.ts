import type { ReplayProgress } from '../app/replay-files.ts';
import type { Io } from './io.ts';

const REDRAW_MS = 250;
const CLEAR_LINE = '\r\u001b[K';

/** Shows on a terminal, in one line of stderr, how far a replay is. Returns how to end it; without a terminal it is silent. */
export function showProgress(io: Io, read: () => ReplayProgress): () => void {
  if (!io.stderr.isTTY) return () => undefined;
  const started = performance.now();
  const draw = () => {
    const line = progressLine(read(), (performance.now() - started) / 1000);
    io.stderr.write(`${CLEAR_LINE}${line.slice(0, (io.stderr.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(draw, REDRAW_MS);
  return () => {
    clearInterval(timer);
    io.stderr.write(CLEAR_LINE);
  };
}

/** Events a second, share of the input, what is not settled yet, requests, repeated calls, time left. `seconds`: since the start. */
export function progressLine({ read, settled, bytes, total, requests, retries }: ReplayProgress, seconds: number): string {
  const share = total === undefined || total === 0 ? undefined : Math.min(1, bytes / total);
  const left = share === undefined || share === 0 ? undefined : (seconds / share) * (1 - share);
  const parts = [
    `${read.toLocaleString('en-US')} events`,
    `${Math.round(read / Math.max(seconds, 0.001)).toLocaleString('en-US')}/s`,
    share === undefined ? megabytes(bytes) : `${Math.floor(share * 100)}% of ${megabytes(total!)}`,
    `${(read - settled).toLocaleString('en-US')} unsettled`,
    `${requests.toLocaleString('en-US')} requests`,
    ...(retries > 0 ? [`${retries.toLocaleString('en-US')} repeated`] : []),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
  ];
  return parts.join(', ');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
