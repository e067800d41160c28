import type { BackOff } from '../../dynamo/table-queue.ts';
import type { ReplayOptions } from '../replay/options.ts';

export type LiveOptions = ReplayOptions & {
  host: string;
  port: number;
  token: string | undefined;
  /** Undefined: an event is answered when it is in the tables. `limit` in bytes. */
  spool: { folder: string; limit: number } | undefined;
  rejects: string;
  maxLine: number;
  concurrency: number;
  retryForMs: number;
  /** Write capacity units a second, at the most. */
  maxWcu: number | undefined;
  preflight: boolean;
  command: string;
  liveName: (table: string) => string;
  /** The text of /metrics. */
  metrics: (standing: LiveStanding) => string;
  /** Told when requests are taken, and where. */
  ready?: (url: string) => void;
  /** Other pauses and waits than the usual ones. */
  backOff?: BackOff;
  lateMs?: number;
  flushMs?: number;
  patienceMs?: number;
};

/** How things stand. `read` counts what is settled: it is applied, superseded, skipped (`late` among them) or rejected. */
export type LiveStanding = {
  read: number;
  applied: number;
  superseded: number;
  skipped: number;
  late: number;
  rejected: number;
  /** Taken and not settled. */
  waiting: number;
  spoolBytes: number;
  /** How long the oldest event waits that is not settled, in seconds. */
  oldestSeconds: number;
  requests: number;
  retries: number;
  /** Requests that were answered 503. */
  refused: number;
  healthy: boolean;
};
