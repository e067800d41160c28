import { RejectGroups } from './reject-groups.ts';
import { addCounts, noEvents } from './counts.ts';
import { DryRun } from './dry-run.ts';
import { ReplayInputs, type InputOptions } from './inputs.ts';
import type { ReplayOptions } from './options.ts';
import type { ReplayResult } from './result.ts';
import { windows } from './windows.ts';

/** What a replay would do, without a target: its result as if every write had been taken, and the topics that would not fit. */
export async function planReplay(
  options: ReplayOptions & InputOptions,
): Promise<{ result: ReplayResult; overLimit: ReturnType<DryRun['topicsOverLimit']> }> {
  const dryRun = new DryRun();
  const counts = noEvents();
  const groups = new RejectGroups();
  for await (const window of windows(new ReplayInputs(options), options)) {
    const writes = window.takeWrites();
    dryRun.take(writes);
    await window.settle([]);
    addCounts(counts, window.counts);
    groups.take(window.rejects);
  }
  return {
    result: { ...counts, writer: dryRun.counts, reconciled: 0, checkpoint: undefined, reasons: groups.sentences() },
    overLimit: dryRun.topicsOverLimit(),
  };
}
