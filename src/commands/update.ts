import { Args, Flags } from '@oclif/core';
import { demandOf } from '../app/mend/change-under.ts';
import { keyNamed } from '../app/key-named.ts';
import { openItemTable } from '../app/mend/item-table.ts';
import { updateItem } from '../app/mend/update-item.ts';
import { targetFlags } from '../cli/flags.ts';
import { ifFlag, ItemCommand, noCheckFlag, oldItemFlags, stream } from '../cli/item-command.ts';
import { parseUpdate } from '../domain/changes/update.ts';

const several = { multiple: true, multipleNonGreedy: true } as const;

export default class Update extends ItemCommand {
  static override summary = 'change single attributes of an item';
  static override description = `A value has the type that the backend gives the attribute; in any other attribute a JSON literal (1, true, null, "1", [...]) is
what it says, and anything else is text. Typed JSON says the type itself: --set 'note={"S":"1"}'.

--add puts elements into a set and --take takes them out, beside whoever changes other elements meanwhile. Numbers are refused
there: adding to one cannot be repeated safely. What the item becomes is checked as by put. The item as it was is printed; put
brings it back, and with it every element that its sets had. Exit 1 where there is no such item, or --if does not hold.`;
  static override examples = [
    '<%= config.bin %> update mqtt_client panel-1 --set connect_state=0 --if "node = \'emqx@10.0.0.9\'"',
    '<%= config.bin %> update mqtt_topic_msg_map plant/a/temp --take MsgId=MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ',
    '<%= config.bin %> update mqtt_sub panel-1 plant/a/temp --set qos=1',
  ];
  static override args = {
    table: Args.string({ required: true, description: 'name of the table' }),
    key: Args.string({ required: true, description: 'value of the partition key' }),
    sort: Args.string({ description: 'value of the sort key, where the table has one' }),
  };
  static override flags = {
    ...targetFlags,
    ...oldItemFlags,
    set: Flags.string({ ...several, helpGroup: 'CHANGE', helpValue: 'NAME=VALUE', summary: 'give an attribute a value' }),
    remove: Flags.string({ ...several, helpGroup: 'CHANGE', helpValue: 'NAME', summary: 'remove an attribute' }),
    add: Flags.string({ ...several, helpGroup: 'CHANGE', helpValue: 'NAME=VALUE', summary: 'put an element into a set' }),
    take: Flags.string({ ...several, helpGroup: 'CHANGE', helpValue: 'NAME=VALUE', summary: 'take an element out of a set' }),
    if: ifFlag,
    create: Flags.boolean({ summary: 'make the item where there is none' }),
    'no-check': noCheckFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Update);
    const context = this.writeContext(await this.open(flags, { writes: true }));
    const table = await openItemTable(context, args.table);
    const { set = [], remove = [], add = [], take = [] } = flags;
    const update = parseUpdate({ set, remove, add, take }, { known: table.known, keys: table.keys.map(({ name }) => name) });
    const key = keyNamed(table, args.key, args.sort);
    const demand = demandOf(table, flags.if, context.now());
    const options = { demand, create: flags.create, check: !flags['no-check'] };
    const changed = await updateItem(context, table, key, update, options);
    if (!changed.made) {
      this.note(`not updated: ${changed.why}`, { always: true });
      await this.showOld(args.table, stream([]), flags);
      return this.exit(1);
    }
    await this.showOld(args.table, stream(changed.before === undefined ? [] : [changed.before]), flags);
    this.countNote(1, changed.before === undefined ? `made in ${table.live}` : `updated in ${table.live}`);
  }
}
