import { Args, Flags } from '@oclif/core';
import { readSubscriptions } from '../app/read-subscriptions.ts';
import { removeSubscriptions } from '../app/subscriptions.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { itemOf } from '../output/items.ts';

/** What goes away of each client. */
type Wanted = ReadonlyMap<string, readonly string[] | 'all'>;

export default class Unsubscribe extends BaseCommand {
  static override summary = 'delete stored subscriptions of clients';
  static override description = `Deletes items of mqtt_sub. A subscription that is not stored is reported as missing.
With --client every argument is a topic filter. --from-file reads one filter a line for the clients that are named, or without
any the lines that subs --format csv or jsonl writes.`;
  static override fields = ['clientid', 'topic', 'status'];
  static override examples = [
    '<%= config.bin %> unsubscribe test-dynamo plant/a/temp',
    '<%= config.bin %> unsubscribe test-dynamo --all',
    '<%= config.bin %> unsubscribe --client panel-1 --client panel-2 plant/a/temp',
    '<%= config.bin %> subs --matching plant/a/temp --format csv | <%= config.bin %> unsubscribe --from-file -',
  ];
  static override strict = false;
  static override args = {
    clientid: Args.string({ description: 'client id' }),
    filter: Args.string({ description: 'topic filters as they are stored' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    all: Flags.boolean({ summary: 'every stored subscription of the clients' }),
    client: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CLIENTID',
      summary: 'client id, in place of CLIENTID; may be given several times',
    }),
    'from-file': Flags.string({ helpValue: 'F|-', summary: 'read subscriptions from a file or stdin' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Unsubscribe);
    const words = argv;
    const clients = flags.client ?? words.slice(0, 1);
    const filters = flags.client === undefined ? words.slice(1) : words;
    const file = flags['from-file'];
    const ways = [filters.length > 0, flags.all, file !== undefined].filter(Boolean).length;
    if (ways !== 1) throw new MqdynError('E_USAGE', 'name topic filters, or pass --all or --from-file');
    if (clients.length === 0 && file === undefined) throw new MqdynError('E_USAGE', 'name a client id');
    const wanted: Wanted =
      file === undefined
        ? new Map(clients.map((client) => [client, flags.all ? 'all' : filters]))
        : await this.wantedBy(file, clients);
    const session = await this.open(flags, { writes: true });
    const context = { ...session, signal: this.stop.signal };
    const items = (async function* (): AsyncGenerator<readonly Item[]> {
      for (const [clientid, topics] of wanted) {
        const removed = await removeSubscriptions(context, clientid, topics);
        if (removed.length > 0) yield removed.map(({ topic, status }) => itemOf({ clientid, topic, status }));
      }
    })();
    const columns = [{ name: 'clientid' }, { name: 'topic' }, { name: 'status' }];
    await this.list({ columns, items, whenEmpty: `no stored subscriptions of ${[...wanted.keys()].join(', ')}` }, flags);
  }

  /** The filters of a file for each of the clients that are named, or the lines in it by client. */
  private async wantedBy(file: string, clients: readonly string[]): Promise<Wanted> {
    const lines = await readSubscriptions(file, this.io.stdin, clients[0]);
    if (clients.length > 0) return new Map(clients.map((client) => [client, lines.map(({ topic }) => topic)]));
    const wanted = new Map<string, string[]>();
    for (const { clientid, topic } of lines) {
      const topics = wanted.get(clientid);
      if (topics) topics.push(topic);
      else wanted.set(clientid, [topic]);
    }
    return wanted;
  }
}
