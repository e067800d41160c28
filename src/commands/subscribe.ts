import { Args, Flags } from '@oclif/core';
import { checkSubscriptions, storeSubscriptions, type Subscription } from '../app/subscriptions.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { MqdynError } from '../domain/errors.ts';
import { hasWildcard } from '../domain/mqtt/topic.ts';
import { readSubscriptions } from '../app/read-subscriptions.ts';
import { fieldNames, tableColumns } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';

export default class Subscribe extends BaseCommand {
  static override summary = 'store subscriptions that the broker makes for a client';
  static override description = `Writes items of mqtt_sub; one with the same client and filter is replaced.
--from-file reads one filter a line for CLIENTID, or without CLIENTID the lines that subs --format csv or jsonl writes.`;
  static override fields = fieldNames(tableColumns('mqtt_sub'));
  static override examples = [
    '<%= config.bin %> subscribe test-dynamo plant/a/temp plant/b/temp --qos 1',
    '<%= config.bin %> subscribe --from-file subs.csv',
  ];
  static override strict = false;
  static override args = {
    clientid: Args.string({ description: 'client id' }),
    filter: Args.string({ description: 'topic filters' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    qos: Flags.integer({
      helpValue: '0|1|2',
      min: 0,
      max: 2,
      default: 0,
      summary: 'QoS of the subscriptions; lines of a file may have their own',
    }),
    'from-file': Flags.string({ helpValue: 'F|-', summary: 'read subscriptions from a file or stdin' }),
  };

  async run(): Promise<void> {
    const { flags, argv, metadata } = await this.parse(Subscribe);
    const [clientid, ...filters] = argv;
    const file = flags['from-file'];
    if (file === undefined && filters.length === 0)
      throw new MqdynError('E_USAGE', 'name a client id and at least one topic filter');
    const lines = file === undefined ? [] : await readSubscriptions(file, this.io.stdin, clientid);
    const named = clientid === undefined ? [] : filters.map((topic) => ({ clientid, topic }));
    const subscriptions: Subscription[] = [...named, ...lines].map((line) => ({ qos: flags.qos, ...line }));
    checkSubscriptions(subscriptions);
    const session = await this.open(flags, { writes: true });
    const context = { ...session, signal: this.stop.signal };
    await storeSubscriptions(context, subscriptions);
    if (metadata.flags['qos']?.setFromDefault && [...named, ...lines].some((line) => !('qos' in line))) {
      this.note('note: stored with QoS 0: the broker fetches queued messages only for QoS 1 and 2 (--qos)');
    }
    const wildcards = subscriptions.filter(({ topic }) => hasWildcard(topic));
    if (wildcards.length > 0) {
      this.note('note: the broker looks up stored messages by exact topic, so a wildcard subscription receives none of them');
    }
    await this.list({ columns: tableColumns('mqtt_sub'), items: blocks(subscriptions.map(itemOf)) }, flags);
  }
}
