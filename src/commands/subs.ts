import { Args } from '@oclif/core';
import { storedSubscriptions } from '../app/subscriptions.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { tableColumns } from '../output/columns.ts';

export default class Subs extends BaseCommand {
  static override summary = 'show stored subscriptions, of one client or of all';
  static override description =
    'These are the subscriptions that the broker makes for a client when it connects. The broker reads them and never writes them.';
  static override examples = ['<%= config.bin %> subs test-dynamo', '<%= config.bin %> subs --format csv > subs.csv'];
  static override args = { clientid: Args.string({ description: 'client id; every client when none is named' }) };
  static override flags = { ...targetFlags, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Subs);
    const session = await this.open(flags);
    const place = { ...session, signal: this.stop.signal, notice: (sentence: string) => this.note(sentence) };
    const whenEmpty = args.clientid === undefined ? 'no stored subscriptions' : `no stored subscriptions of ${args.clientid}`;
    await this.list({ columns: tableColumns('mqtt_sub'), rows: storedSubscriptions(place, args.clientid), whenEmpty }, flags);
  }
}
