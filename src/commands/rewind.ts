import { Args, Flags, type Interfaces } from '@oclif/core';
import { isFolder, openWindow, partsOf } from '../app/mend/rewind/open-window.ts';
import { countSteps, rewind, rewindSteps, type JournalHead, type RewindStep } from '../app/mend/rewind/rewind.ts';
import { rewindWindow } from '../app/mend/rewind/rewind-window.ts';
import { checkTables } from '../app/tables/check-tables.ts';
import { BaseCommand, type Session } from '../cli/base-command.ts';
import { confirmRewind } from '../cli/confirm.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { journalName } from '../cli/journal-name.ts';
import { rewoundItem, RewindTally } from '../cli/rewind-tally.ts';
import { commandLine } from '../cli/shell-words.ts';
import { labelOf } from '../cli/target/connection.ts';
import { isLocal } from '../cli/target/target.ts';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { n, type Item } from '../domain/item.ts';
import { isoText } from '../domain/records/times.ts';
import type { TableName } from '../domain/records/tables.ts';
import { fieldNames, REWIND_COLUMNS } from '../output/columns.ts';
import { blocks } from '../output/items.ts';

const rewindFlags = {
  ...targetFlags,
  ...outputFlags,
  'dry-run': Flags.boolean({ summary: 'list what would be taken back, and change nothing' }),
  journal: Flags.string({
    helpValue: 'FILE',
    summary: 'where what is changed is kept, when an export is taken back (rewind-TIME.journal)',
  }),
  yes: Flags.boolean({ char: 'y', summary: 'do not ask for confirmation (embedded engine and loopback)' }),
  confirm: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'consent to take changes of this table back',
  }),
};

type RewindFlags = Interfaces.InferredFlags<typeof rewindFlags>;

const DRY_RUN = 'dry run: nothing was changed';

/** What belongs together: a message, and its id in the map. */
const HALVES: readonly TableName[] = ['mqtt_msg', 'mqtt_topic_msg_map'];

export default class Rewind extends BaseCommand {
  static override summary = 'take the changes of an incremental export or a journal back';
  static override description = `Undoes changes: items come back, items that were made go, ids go back into the set of their topic. Each only where the item still is
as the change left it: what has changed since is listed and stays; exit 3.

A journal is what purge, doctor --fix and delete messages write. Its changes are undone from the last one on, and it notes how far
that came, so a run that was interrupted goes on where it stopped, and nothing is taken back twice.

A folder holds DynamoDB's own incremental export of one or several tables over one time, with NEW_AND_OLD_IMAGES. It is verified
first. Of the map only ids come and go, so that those of others stay, and a message and its id stay together. A run that was
interrupted is run again: what is as before already is passed over. What is changed is written to a journal first.

On the embedded engine and on loopback --yes is enough. Anywhere else every table is named by --confirm, or typed.`;
  static override fields = fieldNames(REWIND_COLUMNS);
  static override examples = [
    '<%= config.bin %> rewind undo.jsonl --dry-run',
    '<%= config.bin %> rewind undo.jsonl --yes',
    '<%= config.bin %> rewind exported-hour --dry-run',
  ];
  static override args = {
    changes: Args.string({ required: true, description: 'folder of an incremental export, or journal of changes' }),
  };
  static override flags = rewindFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rewind);
    if (await isFolder(args.changes)) return this.rewindExport(args.changes, flags);
    if (flags.journal !== undefined) {
      throw new MqdynError('E_USAGE', '--journal is for an export: a journal notes itself what was taken back');
    }
    return this.rewindJournal(args.changes, flags);
  }

  private async rewindJournal(path: string, flags: RewindFlags): Promise<void> {
    const counts = await countSteps(path);
    const session = await this.open(flags, { writes: !flags['dry-run'] });
    if (flags['dry-run'] || counts.size === 0) {
      const whenEmpty = `nothing to take back: ${path} holds no changes, or all of them were taken back`;
      await this.list({ columns: REWIND_COLUMNS, items: listed(rewindSteps(path)), whenEmpty }, flags);
      if (flags['dry-run']) this.note(DRY_RUN);
      return;
    }
    await this.consent('journal', counts, session, flags);
    const notice = (sentence: string) => this.note(sentence);
    const tally = new RewindTally();
    const groups = rewind(this.readContext(session), path, { head: this.head(session), notice });
    await this.listTotals(tally.left(groups), tally, flags);
    this.note(tally.text());
    if (tally.counts.left > 0) this.exit(3);
  }

  private async rewindExport(folder: string, flags: RewindFlags): Promise<void> {
    const window = await openWindow(folder, { signal: this.stop.signal, progress: this.startProgress('verifying').table });
    const session = await this.open(flags, { writes: !flags['dry-run'] });
    const parts = partsOf(window, session.liveName);
    this.note(`changes from ${isoText(window.from)} to ${isoText(window.to)}`);
    const [half, other] = HALVES.filter((name) => parts.some(({ table }) => table === name));
    if (half !== undefined && other === undefined) {
      this.note(`warning: of messages and their ids the export has only ${half}; the others stay as they are`);
    }
    const changed = parts.filter(({ exported }) => exported.itemCount > 0);
    const counts = new Map(changed.map(({ table, exported }) => [table, exported.itemCount]));
    if (counts.size === 0) {
      const whenEmpty = `nothing to take back: ${folder} holds no changes`;
      return this.list({ columns: REWIND_COLUMNS, items: blocks([]), whenEmpty }, flags);
    }
    const context = this.readContext(session);
    const tally = new RewindTally();
    if (flags['dry-run']) {
      await checkTables(session.dynamo, [...counts.keys()], context);
      const items = tally.all(tally.ofWindow(rewindWindow(context, changed, undefined)));
      await this.list({ columns: REWIND_COLUMNS, items, whenEmpty: 'nothing to take back: all is as before' }, flags);
      this.note(`${tally.text('to be taken back')}; ${DRY_RUN}`);
      return;
    }
    await this.consent('export', counts, session, flags);
    const path = flags.journal ?? journalName('rewind', this.io.now());
    const groups = rewindWindow(context, changed, { path, head: this.head(session) });
    await this.listTotals(tally.left(tally.ofWindow(groups)), tally, flags);
    const back = tally.counts.takenBack === 0 ? '' : `; to take that back: ${commandLine('mqdyn', 'rewind', path)}`;
    this.note(`${tally.text()}${back}`);
    if (tally.counts.left > 0) this.exit(3);
  }

  private head({ target }: Session): JournalHead {
    return { command: 'rewind', target: labelOf(target), at: new Date(this.io.now()).toISOString() };
  }

  /** Shows how much is to be taken back, and asks. */
  private async consent(
    what: 'journal' | 'export',
    counts: ReadonlyMap<TableName, number>,
    session: Session,
    flags: RewindFlags,
  ): Promise<void> {
    const { target, liveName, dynamo } = session;
    const tables = [...counts.keys()].map(liveName);
    const foreign = flags.confirm?.find((name) => !tables.includes(name));
    if (foreign !== undefined) throw new MqdynError('E_USAGE', `--confirm ${foreign}: the ${what} changes no such table`);
    await checkTables(dynamo, [...counts.keys()], this.readContext(session));
    const changes = [...counts].map(([table, count]) => `${count} ${plural('change', count)} of ${liveName(table)}`);
    this.note(`to be taken back: ${changes.join(', ')}`, { always: !flags.yes });
    await confirmRewind(this.io, { tables, local: isLocal(target), yes: flags.yes, confirmed: flags.confirm ?? [] });
  }

  private listTotals(items: AsyncIterable<readonly Item[]>, { counts }: RewindTally, flags: RewindFlags): Promise<void> {
    const totals = () => ({ takenBack: n(counts.takenBack), left: n(counts.left) });
    return this.list({ columns: REWIND_COLUMNS, items, totals }, flags);
  }
}

async function* listed(steps: AsyncIterable<RewindStep>): AsyncGenerator<readonly Item[]> {
  for await (const step of steps) yield [rewoundItem({ ...step, why: undefined })];
}
