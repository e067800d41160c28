import { Args, Flags } from '@oclif/core';
import { demandOf } from '../app/mend/change-under.ts';
import { openItemTable } from '../app/mend/item-table.ts';
import { checkEntries, putItems } from '../app/mend/put-items.ts';
import { entriesIn, entriesOf } from '../app/mend/read-entries.ts';
import { STDIN, targetFlags } from '../cli/flags.ts';
import { ifFlag, ItemCommand, noCheckFlag, oldItemFlags } from '../cli/item-command.ts';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';

export default class Put extends ItemCommand {
  static override summary = 'store an item, in the place of the one that has its key';
  static override description = `ITEM is plain JSON, as get --json and scan --format jsonl write it, or typed as DynamoDB does it: {"qos":{"N":"1"}}. Numbers keep
all their digits. In plain JSON the attributes of the backend's tables have their own types (MsgId is a string set); in any other
attribute a list is a list, and neither sets nor binary can be written. - reads items one a line, or JSON documents: what --json,
jsonl and ddb-json print, and journals, of which lines of other tables are passed over and ids that were taken go back.

Items of the six tables are checked first: key, types, QoS, retain, message ids, topic names and filters, size; exit 2.
The item that was replaced is printed, so that put undoes a put. An item that changes meanwhile is read again: nothing that the
broker writes beside it gets lost unseen. Exit 1 where --if does not hold, or with --if-absent there is an item.`;
  static override examples = [
    `<%= config.bin %> put mqtt_sub '{"clientid":"panel-1","topic":"plant/a","qos":1}'`,
    '<%= config.bin %> get mqtt_client panel-1 --format ddb-json | <%= config.bin %> put mqtt_client - -c staging',
    '<%= config.bin %> put mqtt_msg - < deleted.jsonl',
  ];
  static override args = {
    table: Args.string({ required: true, description: 'name of the table' }),
    item: Args.string({ required: true, description: 'the item as JSON; - reads items from stdin' }),
  };
  static override flags = {
    ...targetFlags,
    ...oldItemFlags,
    if: ifFlag,
    'if-absent': Flags.boolean({ exclusive: ['if'], summary: 'only where no item has the key' }),
    'no-check': noCheckFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Put);
    const context = this.writeContext(await this.open(flags, { writes: true }));
    const table = await openItemTable(context, args.table);
    const wanted = { table: args.table, known: table.known };
    const demand = demandOf(table, flags.if, context.now());
    const { entries, other } = args.item === STDIN ? await entriesOf(this.io.stdin, wanted) : entriesIn(args.item, wanted);
    if (entries.length === 0) throw new MqdynError('E_INPUT', `there is no item of ${args.table} in the input`);
    if ((demand !== undefined || flags['if-absent']) && entries.some(({ kind }) => kind === 'ids')) {
      throw new MqdynError('E_USAGE', 'ids of a journal go back whatever else the topic holds: leave out --if and --if-absent');
    }
    checkEntries(table, entries, !flags['no-check']);
    this.noteLists(entries.flatMap((entry) => (entry.kind === 'item' ? entry.lists : [])));
    const stored = { made: 0 };
    const left: string[] = [];
    const olds = (async function* (): AsyncGenerator<Item> {
      for await (const each of putItems(context, table, entries, { demand, ifAbsent: flags['if-absent'] })) {
        if (!each.made) left.push(`${each.at}: ${each.why}`);
        else {
          stored.made += 1;
          if (each.old !== undefined) yield each.old;
        }
      }
    })();
    const replaced = await this.showOld(args.table, olds, flags);
    this.countNote(stored.made, `stored in ${table.live}, ${replaced} replaced`);
    if (other > 0) this.note(`${other} ${plural('line', other)} of the journal passed over: rewind takes a whole journal back`);
    for (const sentence of left) this.note(`not stored: ${sentence}`, { always: true });
    if (left.length > 0) this.exit(1);
  }
}
