import { LiveReplay } from '../../src/app/live/live-replay.ts';
import type { LiveOptions } from '../../src/app/live/options.ts';
import { liveMetrics } from '../../src/cli/live-metrics.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { RawClient } from './raw-client.ts';
import { replayOptionsOf } from './replay-run.ts';

/** A listener in this process. */
export type LiveRun = {
  url: string;
  client: (headers?: Record<string, string>) => RawClient;
  notices: string[];
  live: LiveReplay;
  /** Asks it to stop, as a signal does, and waits for its end. */
  stop(): Promise<void>;
  ended: Promise<void>;
};

export async function startLive(dynamo: Dynamo, options: Partial<LiveOptions> & { rejects: string }): Promise<LiveRun> {
  const stop = new AbortController();
  const notices: string[] = [];
  let ready!: (url: string) => void;
  const listening = new Promise<string>((resolve) => (ready = resolve));
  const {
    rules,
    binaryPayload,
    format,
    liveName,
    concurrency,
    retryForMs,
    maxLine,
    payloadEncoding,
    maxRejects,
    backOff,
    lateMs,
  } = replayOptionsOf({});
  const live = new LiveReplay(dynamo, {
    ...{ rules, binaryPayload, format, liveName, concurrency, retryForMs, maxLine, payloadEncoding, maxRejects, backOff, lateMs },
    timeUnit: 's',
    node: 'undefined',
    topic: undefined,
    ignoreUnknown: false,
    strict: false,
    maxWcu: undefined,
    preflight: true,
    command: 'replay',
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    spool: undefined,
    metrics: liveMetrics,
    notice: (sentence) => notices.push(sentence),
    ready,
    signal: stop.signal,
    ...options,
  } as LiveOptions);
  const ended = live.run();
  const url = await Promise.race([listening, ended.then(() => '')]);
  return {
    url,
    client: (headers) => new RawClient(url, headers),
    notices,
    live,
    ended,
    stop: async () => {
      stop.abort(new Error('stopped'));
      await ended;
    },
  };
}
