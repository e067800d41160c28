import type { Change } from '../../../domain/changes/change.ts';
import type { Item } from '../../../domain/item.ts';
import { noCounts, type PurgeCounts } from '../../../domain/purge/counts.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import type { Journal } from '../../../files/journal.ts';
import { savePurgeCheckpoint, type PurgeCheckpoint } from '../../../files/purge-checkpoint.ts';

/** What a purge has done, on the disk: the journal before a call, the checkpoint behind it. */
export class Ledger {
  readonly state: PurgeCheckpoint;
  private readonly path: string;
  private readonly journal: Journal;

  constructor(path: string, journal: Journal, state: PurgeCheckpoint) {
    this.path = path;
    this.journal = journal;
    this.state = state;
  }

  /** What goes away is on the disk when this resolves. */
  async keep(changes: readonly Change[]): Promise<void> {
    await this.journal.append(changes);
  }

  count(table: TableName): PurgeCounts {
    return (this.state.counts[table] ??= noCounts());
  }

  /** Everything up to this key is settled, and with it all that is in the journal. */
  async settle(phase: PurgeCheckpoint['phase'], after: Item | null): Promise<void> {
    this.state.phase = phase;
    this.state.after = after;
    this.state.journal.settled = this.journal.size;
    this.state.journal.done = 0;
    await this.save();
  }

  /** So many more messages of the journal's end need no further look. */
  async settleMessages(count: number): Promise<void> {
    this.state.journal.done += count;
    await this.save();
  }

  async save(): Promise<void> {
    this.state.journal.size = this.journal.size;
    await savePurgeCheckpoint(this.path, this.state);
  }
}
