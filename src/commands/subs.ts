import { Args, Flags } from '@oclif/core';
import { inKeyOrder } from '../app/views/in-key-order.ts';
import { openReader } from '../app/views/open-reader.ts';
import { listSubscriptions } from '../app/views/list-subscriptions.ts';
import { spentItem } from '../output/views/reads.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { ordered, orderOf, sortFlag } from '../cli/sort.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { counted, partText, spentText, UNSORTED } from '../cli/show-items.ts';
import { requireTopicName } from '../domain/mqtt/topic-selection.ts';
import { fieldNames, tableColumns } from '../output/columns.ts';

export default class Subs extends BaseCommand {
  static override summary = 'show stored subscriptions, of one client or of all';
  static override description = `These are the subscriptions that the broker makes for a client when it connects. The broker reads them and never writes them.
In the order of client ids, then topics. --matching shows whose filters match a topic, wildcards and shared subscriptions included.

--json has clientid, topic, qos.`;
  static override fields = fieldNames(tableColumns('mqtt_sub'));
  static override anyField = true;
  static override examples = [
    '<%= config.bin %> subs test-dynamo',
    '<%= config.bin %> subs --matching plant/a/temp',
    '<%= config.bin %> subs --format csv > subs.csv',
  ];
  static override args = {
    clientid: Args.string({ description: 'client id; every client when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    matching: Flags.string({ helpValue: 'TOPIC', summary: 'only subscriptions whose filter matches this topic' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Subs);
    const { clientid } = args;
    const { matching } = flags;
    if (matching !== undefined) requireTopicName(matching);
    const columns = tableColumns('mqtt_sub');
    const order = orderOf(flags.sort, fieldNames(columns));
    const context = this.readContext(await this.open(flags));
    const reader = await openReader(context, clientid === undefined ? { whole: ['mqtt_sub'] } : { keyed: ['mqtt_sub'] });
    const found = listSubscriptions(reader, { clientid, matching });
    const items = inKeyOrder(found, ['clientid', 'topic'], () => order ?? this.note(UNSORTED));
    const of = clientid === undefined ? '' : ` of ${clientid}`;
    const whenEmpty = `no stored subscriptions${of}${matching === undefined ? '' : ` match ${matching}`}`;
    const totals = clientid === undefined ? { totals: () => spentItem(reader.spent) } : {};
    const shown = counted(ordered({ columns, open: true, items, whenEmpty, ...totals }, order));
    await this.list(shown, flags);
    if (clientid === undefined)
      this.note(partText(shown.count(), reader.spent.scanned, 'subscription') + spentText(reader.spent));
  }
}
