import { Args, Flags } from '@oclif/core';
import { listClients } from '../app/list-clients.ts';
import { openReader } from '../app/open-reader.ts';
import { dossierItem, showClient } from '../app/show-client.ts';
import { spentItem } from '../app/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { MqdynError } from '../domain/errors.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { CLIENT_COLUMNS, DOSSIER_COLUMNS } from '../output/columns.ts';
import { dossierSections } from '../output/dossier.ts';
import { spentText } from '../cli/show-items.ts';

export default class Clients extends BaseCommand {
  static override summary = 'show the stored state of clients: online, offline, since when';
  static override description = `A client is marked as a ghost when its row says online but its node is named by no other row (node_unseen), or all rows of
its node are older than all rows of the other nodes (node_old): a broker that stops uncleanly leaves such rows.
--json has clientid, state, node, since, age (seconds), ghost, online_at, offline_at; with CLIENTID also waiting and
subscriptions (topic, qos, fetches, waiting, oldest, acked, ackedAt), where fetches is yes or why nothing stored comes through it.`;
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
    online: Flags.boolean({ summary: 'clients that are online' }),
    offline: Flags.boolean({ summary: 'clients that are offline' }),
    stale: durationFlag({ summary: 'in their current state for at least this long' }),
    node: Flags.string({ helpValue: 'NAME', summary: 'clients of this broker node' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Clients);
    const choosing = (['online', 'offline', 'stale', 'node'] as const).find((name) => flags[name] !== undefined);
    if (args.clientid !== undefined && choosing !== undefined) {
      throw new MqdynError('E_USAGE', `--${choosing} selects from all clients; leave out either it or CLIENTID`);
    }
    const place = this.placeIn(await this.open(flags));
    if (args.clientid !== undefined) {
      const reader = await openReader(place, { keyed: ['mqtt_client', 'mqtt_sub', 'mqtt_topic_msg_map', 'mqtt_acked'] });
      const dossier = await showClient(reader, args.clientid, place.now());
      if (dossier === undefined)
        return this.nothingFound(CLIENT_COLUMNS, `unknown client ${args.clientid}: it is in none of the tables`, flags);
      await this.showReport(dossierItem(dossier), DOSSIER_COLUMNS, () => dossierSections(dossier, place.now()), flags);
      return this.note(spentText(reader.spent));
    }
    const reader = await openReader(place, { whole: ['mqtt_client'] });
    const rows = listClients(reader, { ...flags, staleMs: flags.stale }, place.now());
    await this.list(
      { columns: CLIENT_COLUMNS, open: true, rows, totals: () => spentItem(reader), whenEmpty: 'no clients' },
      flags,
    );
    this.note(spentText(reader.spent));
  }
}
