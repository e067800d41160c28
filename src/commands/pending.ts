import { Args, Flags } from '@oclif/core';
import { listPending } from '../app/views/list-pending.ts';
import { openReader } from '../app/views/open-reader.ts';
import { pendingOfClient } from '../app/views/pending-of-client.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { hooksFlags, hooksInForce } from '../cli/hooks-flags.ts';
import { counted, partText, spentText, TABLE_LIMIT } from '../cli/show-items.ts';
import { ordered, orderOf, sortFlag } from '../cli/sort.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { listSections } from '../cli/watch-list.ts';
import { MqdynError } from '../domain/errors.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { PENDING_STATES } from '../domain/views/messages.ts';
import { fieldNames, PENDING_COLUMNS, PENDING_OF_CLIENT_COLUMNS } from '../output/columns.ts';
import { blocks, itemsOf } from '../output/items.ts';
import { clientPendingItem, pendingItem } from '../output/views/messages.ts';
import { spentItem } from '../output/views/reads.ts';

export default class Pending extends BaseCommand {
  static override summary = 'show queued messages in the order in which they were published';
  static override description = `The order is that of the time in the message ids; their text sorts otherwise. --wide shows the msgid. Messages are looked up by
key, or by a scan of mqtt_msg where that takes fewer read units.

--json has msgid, time, age (seconds), topic, sender, qos, bytes, preview (a piece of the payload), and state: waiting,
message_gone (the map lists it, the message is gone) or message_unreadable. With --client instead of state: deliverable and
reason, a stable code as in explain. With --client
everything is read by key: what waits under the exact topics of its stored subscriptions, what others acked there last, and an
item for each wildcard subscription, which finds nothing that is stored.`;
  static override fields = fieldNames(PENDING_COLUMNS, PENDING_OF_CLIENT_COLUMNS);
  static override examples = [
    '<%= config.bin %> pending',
    "<%= config.bin %> pending 'plant/#' --format csv",
    '<%= config.bin %> pending --client panel-1 --hooks emqx_backend_dynamo.conf',
    '<%= config.bin %> pending --older-than 1d --sort bytes:desc',
  ];
  static override args = {
    filter: Args.string({ description: 'topic filter; every topic when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    watch: watchFlag,
    'older-than': durationFlag({ summary: 'published at least so long ago' }),
    state: Flags.option({
      options: PENDING_STATES,
      summary: 'only messages that are there whole, cannot be read, or are gone',
    })(),
    client: Flags.string({
      helpValue: 'CLIENTID',
      exclusive: ['watch'],
      summary: 'what this client would receive, and what it would not and why',
    }),
    ...hooksFlags,
    limit: Flags.integer({ min: 1, helpValue: 'N', exclusive: ['client'], summary: 'only the N oldest (100 for a table)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pending);
    const selection = topicSelection(args.filter);
    requireWatchable(flags, this.io);
    const columns = flags.client === undefined ? PENDING_COLUMNS : PENDING_OF_CLIENT_COLUMNS;
    this.requireFields(flags, columns);
    const order = orderOf(flags.sort, fieldNames(columns));
    const choice = { selection, olderThanMs: flags['older-than'], state: flags.state };
    if (flags.hooks !== undefined && flags.client === undefined) {
      throw new MqdynError('E_USAGE', '--hooks needs --client: what waits does not depend on the rules, what a client gets does');
    }
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const context = this.readContext(await this.open(flags, { fallback }));
    if (flags.client !== undefined) {
      const keyed = ['mqtt_client', 'mqtt_sub', 'mqtt_topic_msg_map', 'mqtt_msg', 'mqtt_acked'] as const;
      const reader = await openReader(context, { keyed });
      const views = await pendingOfClient(reader, { clientid: flags.client, rules, ...choice }, context.now());
      if (views === undefined)
        return this.nothingFound(columns, `unknown client ${flags.client}: it is in none of the tables`, flags);
      const whenEmpty = `no messages are queued for ${flags.client} under the exact topics of its stored subscriptions`;
      const listing = { columns, items: blocks(views.map(clientPendingItem)), totals: () => spentItem(reader.spent), whenEmpty };
      await this.list(ordered(listing, order), flags);
      const deliverable = views.filter(({ fault }) => fault === undefined).length;
      return this.note(`${deliverable} would be delivered; ${spentText(reader.spent)}`);
    }
    const map = ['mqtt_topic_msg_map'] as const;
    const reader = await openReader(
      context,
      selection.kind === 'topic' ? { keyed: [...map, 'mqtt_msg'] } : { whole: map, keyed: ['mqtt_msg'] },
    );
    const totals = { waiting: 0 };
    const limit = flags.limit ?? (flags.format === 'table' && !flags.json ? TABLE_LIMIT : undefined);
    if (flags.watch !== undefined) {
      const draw = () => {
        const wanted = { ...choice, limit: order === undefined ? limit : undefined };
        const found = itemsOf(listPending(reader, wanted, context.now()), pendingItem);
        return listSections(
          ordered({ columns, items: found, whenEmpty: 'no queued messages' }, order, limit),
          flags,
          this.io.stdout.rows,
        );
      };
      return this.redraw(flags.watch, draw, flags);
    }
    const progress = this.startProgress();
    const talk = { progress: (text: string) => progress.at(text), notice: context.notice };
    // the first ones in another order are only known when all were seen
    const wanted = { ...choice, limit: order === undefined ? limit : undefined };
    const items = progress.before(itemsOf(listPending(reader, wanted, context.now(), totals, talk), pendingItem));
    const chosen = flags.state !== undefined || flags['older-than'] !== undefined;
    const whenEmpty = chosen ? 'no queued messages match' : 'no queued messages';
    const shown = counted(ordered({ columns, items, totals: () => spentItem(reader.spent), whenEmpty }, order, limit));
    await this.list(shown, flags);
    const which = order === undefined ? `the ${shown.count()} oldest` : `${shown.count()}`;
    const more = shown.count() >= (limit ?? Infinity) && totals.waiting > shown.count();
    // of a state nobody knows how many there are before all are found
    const of = flags.state === undefined ? ` of ${totals.waiting}` : '';
    const part = more
      ? `showing ${which}${of}; use --limit for more; `
      : partText(shown.count(), totals.waiting, 'queued message');
    this.note(part + spentText(reader.spent));
  }
}
