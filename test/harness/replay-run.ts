import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FileReplay, type ReplayFilesOptions } from '../../src/app/replay/write-replay.ts';
import type { ReplayResult } from '../../src/app/replay/result.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import { DEFAULT_RULES } from '../../src/domain/hooks/rules.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { findInput } from '../../src/files/input.ts';
import { comparableRows } from '../model/reference-model.ts';
import { scanAll } from './memory-engine.ts';

export const TABLES = ['mqtt_client', 'mqtt_sub', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'];

/** Back-off short enough for tests. */
export const FAST = { transient: 2, throttle: 2, longest: 20 };

/** How a replay ended: the exit code that the command would give, and everything that it left behind. */
export type Ended = {
  code: number;
  error: MqdynError | undefined;
  result: ReplayResult | undefined;
  notices: string[];
};

export function replayOptionsOf(options: Partial<ReplayFilesOptions>): ReplayFilesOptions {
  return {
    inputs: [{ name: '-' }],
    stdin: Readable.from([]),
    maxLine: 4 << 20,
    rules: DEFAULT_RULES,
    timeUnit: 's',
    binaryPayload: 'reject',
    format: undefined,
    node: 'undefined',
    payloadEncoding: 'plain',
    topic: undefined,
    ignoreUnknown: false,
    maxRejects: 10_000,
    strict: false,
    shard: undefined,
    signal: new AbortController().signal,
    notice: () => undefined,
    rejects: '/nonexistent/rejects',
    concurrency: 8,
    retryForMs: 5_000,
    maxWcu: undefined,
    checkpoint: undefined,
    resume: false,
    restart: false,
    verifyInput: false,
    preflight: true,
    fingerprint: {},
    tool: 'test',
    command: 'replay',
    liveName: (table) => table,
    backOff: FAST,
    lateMs: 100,
    ...options,
  };
}

/** One recording in a folder, with its reject file and checkpoint beside it. */
export class Recording {
  readonly file: string;
  readonly rejects: string;
  readonly checkpoint: string;

  constructor(folder: string, content: string | Uint8Array | readonly object[], name = 'log.jsonl') {
    this.file = join(folder, name);
    this.rejects = `${this.file}.rejects.jsonl`;
    this.checkpoint = `${this.file}.checkpoint`;
    writeFileSync(this.file, Array.isArray(content) ? asLines(content as object[]) : (content as string | Uint8Array));
  }

  async replay(dynamo: Dynamo, options: Partial<ReplayFilesOptions> = {}): Promise<Ended> {
    const notices: string[] = [];
    const full = replayOptionsOf({
      inputs: [await findInput(this.file)],
      rejects: this.rejects,
      checkpoint: { path: this.checkpoint, breakLock: false },
      notice: (sentence) => notices.push(sentence),
      ...options,
    });
    try {
      const result = await new FileReplay(dynamo, full).run();
      return { code: result.rejected > 0 ? 3 : 0, error: undefined, result, notices };
    } catch (thrown) {
      if (!(thrown instanceof MqdynError)) throw thrown;
      return { code: thrown.exit, error: thrown, result: undefined, notices };
    }
  }

  /** Lines of the reject file, parsed; empty when there is none. */
  rejected(): { line: number; reason: string; detail: string; table?: string; applied?: string[]; raw?: string }[] {
    if (!existsSync(this.rejects)) return [];
    const lines = readFileSync(this.rejects, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as never);
  }

  /** Whether there is a checkpoint to resume from; an empty file is one that a run has only opened. */
  isStarted(): boolean {
    return existsSync(this.checkpoint) && statSync(this.checkpoint).size > 0;
  }

  saved(): { position: { input: number; offset: number; number: number }; done: boolean } | undefined {
    return this.isStarted() ? (JSON.parse(readFileSync(this.checkpoint, 'utf8')) as { state: never }).state : undefined;
  }
}

export function asLines(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** Rows of the six tables, comparable with those of the reference model. */
export async function liveRows(dynamo: Dynamo, prefix = ''): Promise<string[]> {
  const rows: string[] = [];
  for (const table of TABLES) rows.push(...comparableRows(table, await scanAll(dynamo, prefix + table)));
  return rows.sort();
}
