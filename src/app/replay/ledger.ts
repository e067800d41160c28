import { plural } from '../../domain/count-text.ts';
import type { WriterCounts } from '../../dynamo/writer.ts';
import { RejectFile, type RejectedLine } from '../../files/rejects.ts';
import { saveProgress, type CheckpointFacts, type Passed, type Resumed, type Standing } from './checkpoint.ts';
import { addCounts, noEvents, type EventCounts } from './counts.ts';
import { BEGINNING } from './inputs.ts';
import { RejectGroups } from './reject-groups.ts';
import type { Window } from './window.ts';

type LedgerOptions = {
  /** Undefined where the inputs cannot be read again, so that nothing is saved. */
  facts: CheckpointFacts | undefined;
  before: Resumed | undefined;
  /** The reject file; `keep` leaves what is in it and writes behind that. */
  rejects: { path: string; keep: boolean };
  writer: () => WriterCounts;
};

/** What is settled of a replay, and the two files that tell: the rejects and the checkpoint. */
export class Ledger {
  readonly counts: EventCounts;
  /** Why this run rejected records. */
  readonly groups = new RejectGroups();
  private readonly options: LedgerOptions;
  private readonly passed: Passed[];
  private file: RejectFile | undefined;
  private at: Standing | undefined;

  constructor(options: LedgerOptions) {
    const { before } = options;
    this.options = options;
    this.counts = structuredClone(before?.counts ?? noEvents());
    this.passed = [...(before?.passed ?? [])];
    this.at = before;
  }

  /** Where the checkpoint stands, if there is one. */
  get position(): Standing['position'] | undefined {
    return this.options.facts === undefined ? undefined : this.at?.position;
  }

  /** Files that cannot be written are to be known before anything changes. */
  async begin(): Promise<void> {
    await this.open();
    if (this.at === undefined) await this.save({ position: BEGINNING, counts: noEvents(), rejectBytes: 0 }, false);
  }

  /** Why records were rejected, a sentence a kind; what an earlier run rejected is told by its number. */
  get reasons(): string[] {
    const earlier = this.options.before?.counts.rejected ?? 0;
    return [...this.groups.sentences(), ...(earlier === 0 ? [] : [`${earlier} ${plural('record', earlier)} in earlier runs`])];
  }

  /** Makes rejects durable. */
  async keep(rejects: readonly RejectedLine[]): Promise<void> {
    if (rejects.length === 0) return;
    await (await this.open()).append(rejects);
    this.groups.take(rejects);
  }

  /** Every event of a window is accounted for: its rejects are kept here, everything else is in the tables. */
  async settle(window: Window): Promise<void> {
    const { counts, end, isLast, input } = window;
    await this.keep(window.newRejects());
    addCounts(this.counts, counts);
    const standing = { position: end, counts: structuredClone(this.counts), rejectBytes: this.rejectBytes };
    await this.save(standing, false);
    if (isLast) this.passed.push({ ...standing, size: input.bytesRead() });
  }

  async finish(): Promise<void> {
    if (this.at !== undefined) await this.save(this.at, true);
  }

  async close(): Promise<void> {
    await this.file?.close();
  }

  /** Bytes of the reject file. */
  get rejectBytes(): number {
    return this.file?.length ?? this.options.before?.rejectBytes ?? 0;
  }

  private async open(): Promise<RejectFile> {
    const { rejects, before, facts } = this.options;
    const names = facts?.inputs.map(({ name }) => name);
    this.file ??= await RejectFile.open(rejects.path, rejects.keep ? 'all' : (before?.rejectBytes ?? 0), names);
    return this.file;
  }

  private async save(standing: Standing, done: boolean): Promise<void> {
    const { facts, before, rejects } = this.options;
    if (facts !== undefined) {
      const passed = this.passed.slice(0, standing.position.input);
      await saveProgress(facts, {
        ...standing,
        passed,
        mtimes: before?.mtimes,
        writer: this.options.writer(),
        rejects: rejects.path,
        done,
      });
    }
    this.at = standing;
  }
}
