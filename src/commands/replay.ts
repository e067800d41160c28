import { Args } from '@oclif/core';
import { FileReplay } from '../app/replay-files.ts';
import { planReplay } from '../app/plan-replay.ts';
import { replayResultItem, replaySummary, type ReplayResult } from '../app/replay-result.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags, type OutputFlags } from '../cli/flags.ts';
import { replayFlags, replayOptions } from '../cli/replay-flags.ts';
import type { StopSignal } from '../cli/io.ts';
import { REPLAY_COLUMNS } from '../output/columns.ts';

export default class Replay extends BaseCommand {
  static override summary = 'persist recorded events as the backend would have';
  static override description = `Applies the events of the files in order, with the backend's own rules and preconditions.
What was not applied is in the reject file with its reason. That file and the checkpoint hold payloads. Replay puts
recorded state over newer live state: use it where no broker writes.`;
  static override examples = [
    '<%= config.bin %> replay events.jsonl',
    '<%= config.bin %> replay monday.jsonl.gz tuesday.jsonl.gz --checkpoint week.checkpoint --resume',
    'mosquitto_sub -t "#" -q 2 -F %j | <%= config.bin %> replay - --binary-payload binary',
  ];
  static override strict = false;
  static override args = { file: Args.string({ required: true, description: 'recordings, plain or gzip; - is stdin' }) };
  static override flags = { ...targetFlags, ...outputFlags, ...replayFlags };
  private replay: FileReplay | undefined;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Replay);
    const started = performance.now();
    const options = await replayOptions(argv as string[], flags);
    if (flags['dry-run']) return this.plan(options, flags, started);
    const session = await this.open(flags, { writes: true, attempts: 1, concurrency: flags.concurrency * 6 });
    this.replay = new FileReplay(session.dynamo, {
      ...options,
      stdin: this.io.stdin,
      tool: this.config.version,
      command: 'replay',
      liveName: session.liveName,
      notice: (sentence) => this.note(sentence),
      signal: this.stop.signal,
    });
    const result = await this.replay.run();
    await this.report(result, flags, started);
    if (result.rejected === 0) return;
    this.note(`${result.rejected} rejected, each with its reason in ${options.rejects}`);
    this.exit(3);
  }

  /** Nothing is opened: what would be written follows from the recording and the rules. */
  private async plan(options: Awaited<ReturnType<typeof replayOptions>>, flags: OutputFlags, started: number): Promise<void> {
    const outside = { stdin: this.io.stdin, notice: (sentence: string) => this.note(sentence), signal: this.stop.signal };
    const { result, overLimit } = await planReplay({ ...options, ...outside });
    await this.report(result, flags, started);
    for (const { topic, ids } of overLimit)
      this.note(`warning: ${topic} would come to ${ids} ids, more than an item of 400 KB holds`);
    this.note('dry run: nothing was written');
    if (result.rejected > 0) this.exit(3);
  }

  private async report(result: ReplayResult, flags: OutputFlags, started: number): Promise<void> {
    await this.show(replayResultItem(result, (performance.now() - started) / 1000), REPLAY_COLUMNS, flags);
    this.note(replaySummary(result));
    if (result.cut > 0)
      this.note(`note: the recorder had cut ${result.cut} payloads at a NUL byte; they are stored as far as they were recorded`);
  }

  protected override onStop(signal: StopSignal): void {
    const calls = this.replay?.inFlight ?? 0;
    if (calls > 0 && !this.stop.signal.aborted) this.note(`stopping: waiting for ${calls} calls (once more to stop now)`);
    super.onStop(signal);
  }
}
