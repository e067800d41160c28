import { Args, type Interfaces } from '@oclif/core';
import { diffReplay } from '../app/replay/diff-replay.ts';
import type { LiveReplay } from '../app/live/live-replay.ts';
import { importHints } from '../app/replay/import-hints.ts';
import { planReplay } from '../app/replay/plan-replay.ts';
import { rejectedText } from '../app/replay/reject-groups.ts';
import { renderImport, type ImportOptions } from '../app/replay/render-import.ts';
import type { EventCounts } from '../app/replay/counts.ts';
import type { ReplayOptions } from '../app/replay/options.ts';
import { FileReplay } from '../app/replay/write-replay.ts';
import type { InputOptions } from '../app/replay/inputs.ts';
import { replayNotes, replaySummary, type ReplayResult } from '../app/replay/result.ts';
import { BaseCommand, type FallbackTarget } from '../cli/base-command.ts';
import { outputFlags, targetFlags, type OutputFlags, type TargetFlags } from '../cli/flags.ts';
import type { StopSignal } from '../cli/io.ts';
import { hooksInForce } from '../cli/hooks-flags.ts';
import { listenFlags, listenOptions } from '../cli/listen.ts';
import { showProgress } from '../cli/progress.ts';
import { idleActions, replayFlags, replayOptions } from '../cli/replay-flags.ts';
import { MqdynError } from '../domain/errors.ts';
import type { HookRule } from '../domain/hooks/rules.ts';
import { fieldNames, REPLAY_COLUMNS } from '../output/columns.ts';
import { itemsOf } from '../output/items.ts';
import { replaySections } from '../output/replay-result.ts';
import { diffItem, replayItem } from '../output/views/replay.ts';
import { ReaderGone } from '../output/sink.ts';

/** Members of the result that people read in notes. */
const COUNTS = ['overwritten', 'outOfOrder', 'cutPayloads', 'binaryPayloads', 'reconciled'];
const DIFF_COLUMNS = ['change', 'table', 'key', 'old', 'new'].map((name) => ({ name }));

type ReplayCommandFlags = Interfaces.InferredFlags<typeof Replay.flags>;

export default class Replay extends BaseCommand {
  static override summary = 'persist recorded events as the backend would have';
  static override description = `Applies the events of the files in order, with the backend's own rules and preconditions.
What was not applied is in the reject file with its reason. That file and the checkpoint hold payloads. Replay puts
recorded state over newer live state: use it where no broker writes.

With --listen events come by HTTP: one or an array of them in a POST of application/json, in any of the formats. 2xx says that
they are in the tables, or on the disk with --spool; 503 that they are to be sent again; 400 that none of them is an event. GET
/health and GET /metrics report its state. mqdyn hooks --as emqx5 prints the rule that feeds it.`;
  static override fields = [...fieldNames(REPLAY_COLUMNS), ...COUNTS, ...fieldNames(DIFF_COLUMNS)];
  static override examples = [
    '<%= config.bin %> replay events.jsonl',
    '<%= config.bin %> replay monday.jsonl.gz tuesday.jsonl.gz --checkpoint week.checkpoint --resume',
    'mosquitto_sub -t "#" -q 2 -R -F %j | <%= config.bin %> replay - --binary-payload binary',
    '<%= config.bin %> replay --listen 127.0.0.1:8333 --spool /var/lib/mqdyn',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ description: 'recordings, plain or gzip; - is stdin; none with --listen' }),
  };
  static override flags = { ...targetFlags, ...outputFlags, ...replayFlags, ...listenFlags };
  private replay: FileReplay | LiveReplay | undefined;
  private drainsStdin = false;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Replay);
    const started = performance.now();
    this.requireFields(flags, flags.diff ? DIFF_COLUMNS : [...REPLAY_COLUMNS, ...COUNTS.map((name) => ({ name }))]);
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const { listen } = flags;
    if (listen === undefined && argv.length === 0) throw new MqdynError('E_USAGE', 'missing argument FILE');
    if (listen !== undefined && argv.length > 0) throw new MqdynError('E_USAGE', '--listen takes events by HTTP, and no files');
    if (listen !== undefined) return this.listen(listen, flags, rules, fallback);
    const options = await replayOptions(argv, flags, rules);
    this.warnOfIdle(rules, flags.only);
    const outside = { stdin: this.io.stdin, notice: (sentence: string) => this.note(sentence), signal: this.stop.signal };
    if (flags['to-import'] !== undefined) return this.render({ ...options, ...outside }, flags['to-import']);
    if (flags.diff) return this.diff({ ...options, ...outside }, flags, fallback);
    if (flags['dry-run']) return this.plan({ ...options, ...outside }, flags, started);
    this.drainsStdin = true;
    const session = await this.open(flags, { writes: true, attempts: 1, concurrency: flags.concurrency * 6, fallback });
    const context = { tool: this.config.version, command: 'replay', liveName: session.liveName };
    const replay = new FileReplay(session.dynamo, { ...options, ...outside, ...context });
    this.replay = replay;
    const progress = flags.quiet ? undefined : showProgress(this.io, () => replay.progress);
    this.progressLine = progress;
    const result = await replay.run().finally(() => {
      progress?.end();
      this.progressLine = undefined;
    });
    await this.report(result, { ...options, ...outside }, flags, started);
    this.endRejected(result, options.rejects);
  }

  private async listen(
    address: string,
    flags: ReplayCommandFlags,
    rules: readonly HookRule[],
    fallback: FallbackTarget | undefined,
  ): Promise<void> {
    const options = await listenOptions(address, flags, rules);
    this.warnOfIdle(rules, flags.only);
    const { dynamo, liveName } = await this.open(flags, {
      writes: true,
      attempts: 1,
      concurrency: flags.concurrency * 6,
      fallback,
    });
    // a replay of files need not load it
    const { LiveReplay: Live } = await import('../app/live/live-replay.ts');
    const notice = (sentence: string) => this.note(sentence);
    const ready = (url: string) => this.note(`listening on ${url}`);
    const live = new Live(dynamo, { ...options, command: 'replay', liveName, notice, ready, signal: this.stop.signal });
    this.replay = live;
    await live.run();
  }

  private warnOfIdle(rules: readonly HookRule[], only: string | undefined): void {
    for (const action of idleActions(rules, only)) {
      this.note(`warning: --only ${action} has no effect: no rule runs that action (see mqdyn hooks)`);
    }
  }

  /** Nothing is opened: what would be written follows from the recording and the rules. */
  private async plan(options: ReplayOptions & InputOptions, flags: OutputFlags, started: number): Promise<void> {
    const { result, overLimit } = await planReplay(options);
    await this.report(result, options, flags, started);
    for (const { topic, ids } of overLimit) {
      this.note(`warning: ${topic} would grow to ${ids} ids, more than fit in an item of 400 KB`);
    }
    this.note('dry run: nothing was written');
    if (result.rejected > 0) this.exit(3);
  }

  private async diff(
    options: ReplayOptions & InputOptions,
    flags: TargetFlags & OutputFlags,
    fallback: FallbackTarget | undefined,
  ): Promise<void> {
    const { dynamo, liveName } = await this.open(flags, { fallback });
    const { counts, reasons, changes } = await diffReplay(dynamo, { ...options, liveName });
    const listing = { columns: DIFF_COLUMNS, items: itemsOf(changes, diffItem), whenEmpty: 'no item would change' };
    await unlessGone(this.list(listing, flags));
    this.tell({ ...counts, reasons }, options);
    this.note('dry run: nothing was written');
    if (counts.rejected > 0) this.exit(3);
  }

  private async render(options: Omit<ImportOptions, 'folder'>, folder: string): Promise<void> {
    const { counts, reasons, items } = await renderImport({ ...options, folder });
    for (const line of importHints(folder, items)) this.note(line);
    this.tell({ ...counts, reasons }, options);
    this.endRejected(counts, options.rejects);
  }

  private async report(result: ReplayResult, options: ReplayOptions, flags: OutputFlags, started: number): Promise<void> {
    const item = replayItem(result, (performance.now() - started) / 1000);
    await unlessGone(this.showReport(item, REPLAY_COLUMNS, (output) => replaySections(item, output), flags));
    const seen = this.io.stdout.isTTY === true && flags.format === 'table' && flags.fields === undefined && !flags.json;
    this.tell(result, options, !seen);
  }

  /** `summed`: the counts were not seen yet. */
  private tell(counts: EventCounts & Pick<ReplayResult, 'reasons'>, options: ReplayOptions, summed = true): void {
    if (summed) this.note(replaySummary(counts));
    for (const note of replayNotes(counts, options)) this.note(`note: ${note}`);
    for (const reason of counts.reasons) this.note(rejectedText(reason));
  }

  /** Exit 3 when something was rejected, and where each of it is. */
  private endRejected({ rejected }: EventCounts, file: string): void {
    if (rejected === 0) return;
    this.note(`${rejected} rejected; see the reasons in ${file}`);
    this.exit(3);
  }

  /** What was written to a pipe until the stop is still read. */
  protected override endStdin(): void {
    if (!this.drainsStdin) super.endStdin();
  }

  protected override onStop(signal: StopSignal): void {
    const calls = this.replay?.inFlight ?? 0;
    if (calls > 0 && !this.stop.signal.aborted) this.note(`stopping: waiting for ${calls} calls (interrupt again to stop now)`);
    super.onStop(signal);
  }
}

/** Whoever read the result may be gone; how the replay ended is reported all the same. */
async function unlessGone(output: Promise<void>): Promise<void> {
  await output.catch((error: unknown) => {
    if (!(error instanceof ReaderGone)) throw error;
  });
}
