import { Args, Flags } from '@oclif/core';
import { countSteps, rewind, rewindSteps, type RewindStep } from '../app/mend/rewind.ts';
import { checkTables } from '../app/tables/check-tables.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { confirmRewind } from '../cli/confirm.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { labelOf } from '../cli/target/connection.ts';
import { isLocal } from '../cli/target/target.ts';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { n, type Item } from '../domain/item.ts';
import { fieldNames, REWIND_COLUMNS } from '../output/columns.ts';
import { itemOf } from '../output/items.ts';

export default class Rewind extends BaseCommand {
  static override summary = 'take the changes of a journal back';
  static override description = `Takes a journal, as purge, doctor --fix and delete messages write it, and undoes its changes, the last one first: items come back,
items that were made go, ids go back into the set of their topic. Each only where the item still is as the change left it: what has
changed since is listed and stays; exit 3. The journal notes how far it came, so a run that was interrupted goes on where it
stopped, and nothing is taken back twice.

On the embedded engine and on loopback --yes is enough. Anywhere else every table is named by --confirm, or typed. Exports cannot
be taken back yet.`;
  static override fields = fieldNames(REWIND_COLUMNS);
  static override examples = ['<%= config.bin %> rewind undo.jsonl --dry-run', '<%= config.bin %> rewind undo.jsonl --yes'];
  static override args = { journal: Args.string({ required: true, description: 'journal of changes' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    'dry-run': Flags.boolean({ summary: 'list what would be taken back, and change nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask for confirmation (embedded engine and loopback)' }),
    confirm: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      summary: 'consent to take changes of this table back',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rewind);
    const counts = await countSteps(args.journal);
    const session = await this.open(flags, { writes: !flags['dry-run'] });
    const { target, liveName } = session;
    const whenEmpty = `nothing to take back: ${args.journal} holds no changes, or all of them were taken back`;
    if (flags['dry-run'] || counts.size === 0) {
      const items = each(rewindSteps(args.journal), (step) => ({ ...step, why: undefined }));
      await this.list({ columns: REWIND_COLUMNS, items, whenEmpty }, flags);
      if (flags['dry-run']) this.note('dry run: nothing was changed');
      return;
    }
    const tables = [...counts.keys()].map(liveName);
    const foreign = flags.confirm?.find((name) => !tables.includes(name));
    if (foreign !== undefined) throw new MqdynError('E_USAGE', `--confirm ${foreign}: the journal changes no such table`);
    const context = this.readContext(session);
    await checkTables(session.dynamo, [...counts.keys()], context);
    const changes = [...counts].map(([table, count]) => `${count} ${plural('change', count)} of ${liveName(table)}`);
    this.note(`to be taken back: ${changes.join(', ')}`, { always: !flags.yes });
    await confirmRewind(this.io, {
      tables,
      local: isLocal(target),
      yes: flags.yes,
      confirmed: flags.confirm ?? [],
    });
    const head = { command: 'rewind', target: labelOf(target), at: new Date(this.io.now()).toISOString() };
    const totals = { takenBack: 0, left: 0 };
    const rewound = rewind(context, args.journal, { head, notice: (sentence) => this.note(sentence) });
    const items = (async function* (): AsyncGenerator<readonly Item[]> {
      for await (const group of rewound) {
        const left = group.filter(({ why }) => why !== undefined);
        totals.takenBack += group.length - left.length;
        totals.left += left.length;
        if (left.length > 0) yield left.map(stepItem);
      }
    })();
    const listing = { columns: REWIND_COLUMNS, items, totals: () => ({ takenBack: n(totals.takenBack), left: n(totals.left) }) };
    await this.list(listing, flags);
    this.note(`${totals.takenBack} ${plural('change', totals.takenBack)} taken back, ${totals.left} left`);
    if (totals.left > 0) this.exit(3);
  }
}

async function* each(
  steps: AsyncIterable<RewindStep>,
  told: (step: RewindStep) => Parameters<typeof stepItem>[0],
): AsyncGenerator<readonly Item[]> {
  for await (const step of steps) yield [stepItem(told(step))];
}

function stepItem({ table, partition, sort, action, why }: RewindStep & { why: string | undefined }): Item {
  return itemOf({ table, key: partition, sort: sort ?? null, action, why: why ?? null });
}
