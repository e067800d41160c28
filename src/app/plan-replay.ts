import { DryRun } from './dry-run.ts';
import { Replay, type ReplayOptions, type WindowSink } from './replay-events.ts';
import { ReplayInputs, type InputOptions } from './replay-inputs.ts';
import type { ReplayResult } from './replay-result.ts';

/** What a replay would do, without a target: its result as if every write had been taken, and the topics that would not fit. */
export async function planReplay(
  options: ReplayOptions & InputOptions,
): Promise<{ result: ReplayResult; overLimit: ReturnType<DryRun['topicsOverLimit']> }> {
  const dryRun = new DryRun();
  const sink: WindowSink = {
    send: async (writes) => {
      dryRun.take(writes);
      return [];
    },
    keepRejects: async () => undefined,
    settled: async () => undefined,
  };
  const replay = new Replay(options, sink, undefined);
  await replay.run(new ReplayInputs(options).open());
  const result = { ...replay.counts, writer: dryRun.counts, reconciled: 0, checkpoint: undefined };
  return { result, overLimit: dryRun.topicsOverLimit() };
}
