import { addCounts, totalOf, type Counts, type TableCounts } from '../../../domain/import/counts.ts';
import type { WriterCounts } from '../../../dynamo/writer.ts';
import { saveImportCheckpoint, type ImportCheckpoint } from '../../../files/import-checkpoint.ts';
import { RejectFile, type RejectedLine } from '../../../files/rejects.ts';
import type { ImportWindow, Place } from './window.ts';
import { BEGINNING } from './windows.ts';

export type Resumed = ImportCheckpoint<TableCounts[], WriterCounts>;

/** What a checkpoint says besides how far the import is. */
export type CheckpointFacts = Pick<Resumed, 'tool' | 'source' | 'target' | 'options' | 'rejects'>;

type LedgerOptions = {
  /** Undefined where the source cannot be read in a later run, so that nothing is saved. */
  checkpoint: { path: string; facts: CheckpointFacts } | undefined;
  before: Resumed | undefined;
  rejects: string;
  /** Names of the parts, whose rejects in the reject file may be replaced. */
  parts: readonly string[];
  writer: () => WriterCounts;
};

/** What is settled of an import, and the two files that tell: the rejects and the checkpoint. */
export class ImportLedger {
  readonly tables: TableCounts[];
  place: Place;
  private readonly options: LedgerOptions;
  private file: RejectFile | undefined;

  constructor(options: LedgerOptions) {
    const { before } = options;
    this.options = options;
    this.tables = structuredClone(before?.counts ?? []);
    this.place = before === undefined ? BEGINNING : { part: before.position.file, lines: before.position.lines };
  }

  get total(): Counts {
    return totalOf(this.tables);
  }

  /** Files that cannot be written are to be known before anything changes. */
  async begin(): Promise<void> {
    if (this.file !== undefined) return;
    const { rejects, before, parts, checkpoint } = this.options;
    this.file = await RejectFile.open(rejects, checkpoint === undefined ? 'all' : (before?.rejectBytes ?? 0), parts);
    await this.save(false);
  }

  /** Every line of a window is accounted for: its rejects are kept here, everything else is in the tables. */
  async settle(window: ImportWindow, rejects: readonly RejectedLine[]): Promise<void> {
    await this.file?.append(rejects);
    addCounts(this.tables, window.counts);
    this.place = window.end;
    await this.save(false);
  }

  async finish(): Promise<void> {
    await this.begin();
    await this.save(true);
  }

  async close(): Promise<void> {
    await this.file?.close();
  }

  private async save(done: boolean): Promise<void> {
    const { checkpoint, writer } = this.options;
    if (checkpoint === undefined) return;
    await saveImportCheckpoint(checkpoint.path, {
      ...checkpoint.facts,
      position: { file: this.place.part, lines: this.place.lines },
      counts: this.tables,
      rejectBytes: this.file?.length ?? 0,
      writer: writer(),
      done,
    });
  }
}
