import type { Readable } from 'node:stream';
import { MqdynError } from '../domain/errors.ts';
import type { TableName } from '../domain/records/tables.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { Writer } from '../dynamo/writer.ts';
import { findInput, inputLines, type InputFile } from '../files/input.ts';
import { RejectFile } from '../files/rejects.ts';
import { checkTables } from './check-tables.ts';
import { Replay, type ReplayInput, type ReplayOptions, type ReplayResult } from './replay-events.ts';
import { isAccountedFor, replaySummary } from './replay-result.ts';

export type ReplayFilesOptions = ReplayOptions & {
  files: readonly string[];
  stdin: Readable;
  rejects: string;
  maxLine: number;
  concurrency: number;
  retryForMs: number;
  liveName: (table: string) => string;
  notice: (sentence: string) => void;
};

/** Tables that a replay writes; mqtt_sub is the operator's. */
const WRITTEN: readonly TableName[] = ['mqtt_client', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'];

/** Replays files in order. Inputs and tables are checked before the first write. */
export async function replayFiles(dynamo: Dynamo, options: ReplayFilesOptions): Promise<ReplayResult> {
  const inputs = await Promise.all(options.files.map(findInput));
  await checkTables(dynamo, WRITTEN, options);
  const writer = new Writer(dynamo, options);
  const replay = new Replay(options, writer, () => RejectFile.open(options.rejects, inputs));
  const result = await replay.run(opened(inputs, options));
  if (!isAccountedFor(result)) throw new MqdynError('E_BUG', `the counts do not add up: ${replaySummary(result)}`);
  return result;
}

async function* opened(inputs: readonly InputFile[], { stdin, maxLine }: ReplayFilesOptions): AsyncGenerator<ReplayInput> {
  for (const input of inputs) yield { input, lines: inputLines(input, stdin, maxLine) };
}
