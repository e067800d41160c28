import { Args, Flags } from '@oclif/core';
import { inKeyOrder } from '../app/views/in-key-order.ts';
import { listClients } from '../app/views/list-clients.ts';
import { openReader } from '../app/views/open-reader.ts';
import { showClient } from '../app/views/show-client.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { ordered, orderOf, sortFlag } from '../cli/sort.ts';
import { MqdynError } from '../domain/errors.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { CLIENT_COLUMNS, DOSSIER_COLUMNS, fieldNames } from '../output/columns.ts';
import { dossierSections } from '../output/dossier.ts';
import { itemsOf } from '../output/items.ts';
import { clientItem, dossierItem } from '../output/views/clients.ts';
import { spentItem } from '../output/views/reads.ts';
import { counted, partText, spentText, UNSORTED } from '../cli/show-items.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { listSections } from '../cli/watch-list.ts';

export default class Clients extends BaseCommand {
  static override summary = 'show the stored state of clients: online, offline, since when';
  static override description = `In the order of the client ids. A client is marked as a ghost when its item says online but its node is named by no other item (node_unseen), or all items of
its node are older than all items of the other nodes (node_old): a broker that stops uncleanly leaves such items.

--json has clientid, state, node, since, age (seconds), ghost, online_at, offline_at; with CLIENTID also waiting and
subscriptions (topic, qos, fetches, waiting, oldest, acked, ackedAt), where fetches is yes or why nothing stored comes through it.`;
  static override fields = fieldNames(DOSSIER_COLUMNS);
  static override anyField = true;
  static override examples = [
    '<%= config.bin %> clients --offline --stale 30d',
    '<%= config.bin %> clients panel-1',
    '<%= config.bin %> clients --node emqx@10.0.0.5 --format csv',
  ];
  static override args = {
    clientid: Args.string({ description: 'client id; every client when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    online: Flags.boolean({ exclusive: ['offline'], summary: 'clients that are online' }),
    offline: Flags.boolean({ summary: 'clients that are offline' }),
    watch: watchFlag,
    stale: durationFlag({ summary: 'in their current state for at least this long' }),
    node: Flags.string({ helpValue: 'NAME', summary: 'clients of this broker node' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Clients);
    const choosing = (['online', 'offline', 'stale', 'node', 'watch'] as const).find((name) => flags[name] !== undefined);
    if (args.clientid !== undefined && choosing !== undefined) {
      throw new MqdynError('E_USAGE', `--${choosing} selects from all clients; leave out either it or CLIENTID`);
    }
    requireWatchable(flags, this.io);
    const order = orderOf(flags.sort, fieldNames(CLIENT_COLUMNS));
    const context = this.readContext(await this.open(flags));
    if (args.clientid !== undefined) {
      const reader = await openReader(context, { keyed: ['mqtt_client', 'mqtt_sub', 'mqtt_topic_msg_map', 'mqtt_acked'] });
      const dossier = await showClient(reader, args.clientid, context.now());
      if (dossier === undefined)
        return this.nothingFound(CLIENT_COLUMNS, `unknown client ${args.clientid}: it is in none of the tables`, flags);
      await this.showReport(
        dossierItem(dossier),
        DOSSIER_COLUMNS,
        (options) => dossierSections(dossier, context.now(), options),
        flags,
      );
      if (!dossier.ghostKnown) {
        this.note('whether it is a ghost was not looked up: that reads all of mqtt_client, as mqdyn clients --online does');
      }
      return this.note(spentText(reader.spent));
    }
    const reader = await openReader(context, { whole: ['mqtt_client'] });
    const totals = { all: 0 };
    const quiet = flags.watch !== undefined || order !== undefined;
    const listing = () => {
      const chosen = listClients(reader, { ...flags, staleMs: flags.stale }, context.now(), undefined, totals);
      const items = inKeyOrder(itemsOf(chosen, clientItem), ['clientid'], () => quiet || this.note(UNSORTED));
      const whole = {
        columns: CLIENT_COLUMNS,
        open: true,
        items,
        totals: () => spentItem(reader.spent),
        whenEmpty: 'no clients',
      };
      return ordered(whole, order);
    };
    if (flags.watch !== undefined) {
      return this.redraw(flags.watch, () => listSections(listing(), flags, this.io.stdout.rows), flags);
    }
    const shown = counted(listing());
    await this.list(shown, flags);
    this.note(partText(shown.count(), totals.all, 'client') + spentText(reader.spent));
  }
}
