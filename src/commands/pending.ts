import { Args, Flags } from '@oclif/core';
import { listPending } from '../app/list-pending.ts';
import { openReader } from '../app/open-reader.ts';
import { countDeliverable, pendingOfClient } from '../app/pending-of-client.ts';
import { spentItem } from '../app/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText, TABLE_LIMIT } from '../cli/show-items.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { PENDING_COLUMNS, PENDING_OF_CLIENT_COLUMNS } from '../output/columns.ts';
import { blocks } from '../output/rows.ts';

export default class Pending extends BaseCommand {
  static override summary = 'show queued messages in the order in which they were published';
  static override description = `The order is that of the time in the message ids; their text sorts otherwise. The msgid is shown where the terminal has room.
--json has msgid, time, age (seconds), topic, sender, qos, bytes, and state: waiting, message_gone (the map lists it, the message
is gone) or message_unreadable. With --client instead of state: deliverable and reason, a stable code as in explain. With --client
everything is read by key: what waits under the exact topics of its stored subscriptions, what others acked there last, and a
row for each wildcard subscription, which finds nothing that is stored.`;
  static override examples = [
    '<%= config.bin %> pending',
    "<%= config.bin %> pending 'plant/#' --format csv",
    '<%= config.bin %> pending --client panel-1',
  ];
  static override args = {
    filter: Args.string({ description: 'topic filter; every topic when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    client: Flags.string({ helpValue: 'CLIENTID', summary: 'what this client would receive, and what it would not and why' }),
    limit: Flags.integer({ min: 1, helpValue: 'N', exclusive: ['client'], summary: 'only the N oldest (100 for a table)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pending);
    const selection = topicSelection(args.filter);
    const place = this.placeIn(await this.open(flags));
    if (flags.client !== undefined) {
      const keyed = ['mqtt_client', 'mqtt_sub', 'mqtt_topic_msg_map', 'mqtt_msg', 'mqtt_acked'] as const;
      const reader = await openReader(place, { keyed });
      const columns = PENDING_OF_CLIENT_COLUMNS;
      const rows = await pendingOfClient(reader, { clientid: flags.client, selection }, place.now());
      if (rows === undefined)
        return this.nothingFound(columns, `unknown client ${flags.client}: it is in none of the tables`, flags);
      const whenEmpty = `no messages are queued for ${flags.client} under the exact topics of its stored subscriptions`;
      await this.list({ columns, rows: blocks(rows), totals: () => spentItem(reader), whenEmpty }, flags);
      return this.note(`${countDeliverable(rows)} would be delivered; ${spentText(reader.spent)}`);
    }
    const map = ['mqtt_topic_msg_map'] as const;
    const reader = await openReader(
      place,
      selection.kind === 'topic' ? { keyed: [...map, 'mqtt_msg'] } : { whole: map, keyed: ['mqtt_msg'] },
    );
    const totals = { waiting: 0 };
    const limit = flags.limit ?? (flags.format === 'table' && !flags.json ? TABLE_LIMIT : undefined);
    const rows = listPending(reader, { selection, limit }, place.now(), totals, place.notice);
    await this.list({ columns: PENDING_COLUMNS, rows, totals: () => spentItem(reader), whenEmpty: 'no queued messages' }, flags);
    const more =
      totals.waiting > (limit ?? Infinity) ? `showing the ${limit} oldest of ${totals.waiting}; use --limit for more; ` : '';
    this.note(more + spentText(reader.spent));
  }
}
