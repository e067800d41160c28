import { RejectGroups } from './reject-groups.ts';
import { addCounts, noEvents } from './counts.ts';
import { DryRun } from './dry-run.ts';
import { ReplayInputs, type InputOptions } from './inputs.ts';
import type { ReplayOptions } from './options.ts';
import type { ReplayResult } from './result.ts';
import type { Window } from './window.ts';
import { windows } from './windows.ts';

/** What a replay would do, without a target: its result as if every write had been taken, the topics that would not fit, and why records are rejected. */
export async function planReplay(
  options: ReplayOptions & InputOptions,
): Promise<{ result: ReplayResult; overLimit: ReturnType<DryRun['topicsOverLimit']>; reasons: string[] }> {
  const dryRun = new DryRun();
  const counts = noEvents();
  const groups = new RejectGroups();
  for await (const window of windows(new ReplayInputs(options), options)) {
    const writes = window.writes();
    dryRun.take(writes);
    await window.settle(writes, []);
    addCounts(counts, window.counts);
    groupRejects(groups, window);
  }
  return {
    result: { ...counts, writer: dryRun.counts, reconciled: 0, checkpoint: undefined },
    overLimit: dryRun.topicsOverLimit(),
    reasons: groups.sentences(),
  };
}

/** Takes the rejects of a window into the groups, each with the place of its record. */
export function groupRejects(groups: RejectGroups, window: Window): void {
  for (const { reject, input, line } of window.rejects) groups.add(reject, `${input === '-' ? 'stdin' : input}:${line.number}`);
}
