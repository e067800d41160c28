import { Args } from '@oclif/core';
import { estimateItem, lookAtPurge } from '../app/mend/purge/look.ts';
import { purge, type PurgeResult } from '../app/mend/purge/purge.ts';
import { checkTables } from '../app/tables/check-tables.ts';
import { BaseCommand, type Session } from '../cli/base-command.ts';
import { confirmPurge } from '../cli/confirm.ts';
import { outputFlags, targetFlags, type OutputFlags } from '../cli/flags.ts';
import type { StopSignal } from '../cli/io.ts';
import { journalName } from '../cli/journal-name.ts';
import { purgeFlags, refuseJournalAsCheckpoint, selectionOf } from '../cli/purge-flags.ts';
import { isLocal } from '../cli/target/target.ts';
import { MqdynError } from '../domain/errors.ts';
import { n, s } from '../domain/item.ts';
import { noCounts } from '../domain/purge/counts.ts';
import { PURGED_TABLES, type Selection } from '../domain/purge/selection.ts';
import { fieldNames, PURGE_COLUMNS, PURGE_LOOK_COLUMNS } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';

/** So long the look and a run are patient with a table that throttles, in milliseconds. */
const RETRY_FOR_MS = 120_000;

export default class Purge extends BaseCommand {
  static override summary = 'delete stored messages, retained messages, clients or acks';
  static override description = `Without --yes nothing is deleted: it reads, and says how much would go, and what that costs. Of the map ids are counted, of the
other tables items. What has no time has no age. A client that is online stays, unless --client alone names it, or --everything.

A broker may go on meanwhile, and wins every race. An id leaves the map before its message goes, so that no id stands there without
its message, and the ids of a topic leave together, because each update is billed on the whole item; the item itself stays, as
after an ack. An id that appears meanwhile stays. So does a message that no map lists, until it is ten minutes old: its broker may
be about to list it. Retained messages, clients and acks go only if they still are as they were read. Do not purge beside a replay
or an import of old messages.

What is about to go is in the journal first, with all its types; the journal and the checkpoint are readable by you alone. A purge
that was stopped, killed or cut off ends as one that was not, once the same command is run with --resume.

On the embedded engine and on loopback --yes is enough. Anywhere else every table is named by --confirm, or typed.`;
  static override fields = [...fieldNames(PURGE_LOOK_COLUMNS, PURGE_COLUMNS), 'journal', 'checkpoint', 'finished'];
  static override examples = [
    '<%= config.bin %> purge messages --older-than 30d',
    '<%= config.bin %> purge messages --topic "plant/#" --older-than 30d --max-wcu 50 --run-time 30m --resume --yes',
    '<%= config.bin %> purge clients --offline --older-than 90d --yes',
  ];
  static override args = { kind: Args.string({ required: true, description: 'messages, retained, clients or acks' }) };
  static override flags = { ...targetFlags, ...outputFlags, ...purgeFlags };
  private deleting = false;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Purge);
    const selection = selectionOf(args.kind, flags, this.io.now());
    await refuseJournalAsCheckpoint(flags);
    const tables = PURGED_TABLES[selection.kind];
    if (!flags.yes) return this.look(await this.open(flags), selection, flags);
    const session = await this.open(flags, { writes: true, attempts: 1, concurrency: 16 });
    const live = tables.map((table) => session.liveName(table));
    const confirmed = flags.confirm ?? [];
    const foreign = confirmed.find((name) => !live.includes(name));
    if (foreign !== undefined) throw new MqdynError('E_USAGE', `--confirm ${foreign}: not one of the tables to delete from`);
    await confirmPurge(this.io, { tables: live, local: isLocal(session.target), yes: true, confirmed });
    this.deleting = true;
    const progress = this.startProgress('deleted');
    const result = await purge(session.dynamo, {
      selection,
      now: this.io.now(),
      liveName: session.liveName,
      journal: { named: flags.journal, byDefault: journalName('purge', this.io.now()) },
      checkpoint: flags.checkpoint,
      resume: flags.resume,
      restart: flags.restart,
      maxWcu: flags['max-wcu'],
      runTimeMs: flags['run-time'],
      retryForMs: RETRY_FOR_MS,
      tool: this.config.version,
      command: 'purge',
      signal: this.stop.signal,
      notice: (sentence) => this.note(sentence),
      progress: (text) => progress.at(text),
    });
    await this.report(result, selection, flags);
  }

  private async look(
    { dynamo, liveName }: Session,
    selection: Selection,
    flags: OutputFlags & { 'max-wcu': number | undefined },
  ): Promise<void> {
    const { signal } = this.stop;
    await checkTables(dynamo, PURGED_TABLES[selection.kind], { liveName, signal });
    const progress = this.startProgress();
    const show = (text: string) => progress.at(text);
    const found = await lookAtPurge({ dynamo, liveName, signal, selection, retryForMs: RETRY_FOR_MS, progress: show });
    const items = [...found].map(([table, estimate]) => estimateItem(table, estimate, flags['max-wcu']));
    await this.list({ columns: PURGE_LOOK_COLUMNS, items: blocks(items) }, flags);
    for (const [table, { examples }] of found) for (const example of examples) this.note(`for example in ${table}: ${example}`);
    this.note('nothing was deleted: that takes --yes');
  }

  private async report(
    { counts, units, journal, finished }: PurgeResult,
    selection: Selection,
    flags: OutputFlags & { checkpoint: string },
  ): Promise<void> {
    const items = PURGED_TABLES[selection.kind].map((table) => {
      const { deleted, changedMeanwhile, recent } = counts[table] ?? noCounts();
      return itemOf({ table, selected: deleted + changedMeanwhile, deleted, changedMeanwhile, recent });
    });
    const totals = () => ({
      consumedCapacity: n(Number(units.toFixed(3))),
      journal: journal === undefined ? { NULL: true } : s(journal),
      checkpoint: finished ? { NULL: true } : s(flags.checkpoint),
      finished: { BOOL: finished },
    });
    await this.list({ columns: PURGE_COLUMNS, items: blocks(items), totals }, flags);
    if (journal !== undefined) this.note(`what was deleted is in ${journal}`);
    const all = Object.values(counts);
    const recent = all.reduce((sum, one) => sum + one.recent, 0);
    if (recent > 0) this.note(`${recent} left: no map lists them, and they are less than ten minutes old`);
    if (!finished) this.note('the time is over; run the same command with --resume to go on');
    const changed = all.reduce((sum, one) => sum + one.changedMeanwhile, 0);
    if (changed === 0) return;
    this.note(`${changed} left: no longer as they had been read`);
    this.exit(3);
  }

  protected override onStop(signal: StopSignal): void {
    if (this.deleting && !this.stop.signal.aborted) {
      this.note('stopping: waiting for the calls under way (interrupt again to stop now)');
    }
    super.onStop(signal);
  }
}
