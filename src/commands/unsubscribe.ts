import { Args, Flags } from '@oclif/core';
import { removeSubscriptions } from '../app/subscriptions.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { MqdynError } from '../domain/errors.ts';
import { blocks, row } from '../output/rows.ts';

export default class Unsubscribe extends BaseCommand {
  static override summary = 'delete stored subscriptions of a client';
  static override description = 'Deletes rows of mqtt_sub. A subscription that is not stored is reported as missing.';
  static override fields = ['clientid', 'topic', 'status'];
  static override examples = [
    '<%= config.bin %> unsubscribe test-dynamo plant/a/temp',
    '<%= config.bin %> unsubscribe test-dynamo --all',
  ];
  static override strict = false;
  static override args = {
    clientid: Args.string({ required: true, description: 'client id' }),
    filter: Args.string({ description: 'topic filters as they are stored' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    all: Flags.boolean({ summary: 'every stored subscription of the client' }),
  };

  async run(): Promise<void> {
    const { args, flags, argv } = await this.parse(Unsubscribe);
    const filters = (argv as string[]).slice(1);
    if (flags.all ? filters.length > 0 : filters.length === 0)
      throw new MqdynError('E_USAGE', 'name topic filters, or pass --all');
    const session = await this.open(flags, { writes: true });
    const place = { ...session, signal: this.stop.signal, notice: (sentence: string) => this.note(sentence) };
    const removed = await removeSubscriptions(place, args.clientid, flags.all ? 'all' : filters);
    const rows = removed.map(({ topic, status }) => row({ clientid: args.clientid, topic, status }));
    const columns = [{ name: 'clientid' }, { name: 'topic' }, { name: 'status' }];
    await this.list({ columns, rows: blocks(rows), whenEmpty: `no stored subscriptions of ${args.clientid}` }, flags);
  }
}
