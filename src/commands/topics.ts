import { Args, Flags } from '@oclif/core';
import { listTopics } from '../app/views/list-topics.ts';
import { openReader } from '../app/views/open-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText } from '../cli/show-items.ts';
import { ordered, orderOf } from '../cli/sort.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { listSections } from '../cli/watch-list.ts';
import { MqdynError } from '../domain/errors.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { TOPIC_ORDERS } from '../domain/topics/tree.ts';
import { fieldNames, topicColumns } from '../output/columns.ts';
import { blocks } from '../output/items.ts';
import { spentItem } from '../output/views/reads.ts';
import { topicItem } from '../output/views/topics.ts';

export default class Topics extends BaseCommand {
  static override summary = 'show queued and retained messages by topic';
  static override description = `A tree for people, a subtree before what is in it. The other formats list the topics alone; with --depth they have the
subtrees too, each under the filter that matches it, such as plant/#.

--json has topic, topics (in the subtree), ids, bytes (of the item in the map), share (of the 400 KB that an item may have, 0 to 1;
of a subtree its largest), oldest, newest (of the ids), retained (messages), subscribers (stored subscriptions that match), depth.`;
  static override fields = fieldNames(topicColumns(0, true));
  static override examples = [
    '<%= config.bin %> topics --depth 2 --sort bytes',
    "<%= config.bin %> topics 'plant/#'",
    '<%= config.bin %> topics --sort age --format csv',
  ];
  static override args = {
    filter: Args.string({ description: 'topic filter; every topic when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    watch: watchFlag,
    depth: Flags.integer({ min: 1, helpValue: 'N', summary: 'show this many levels; deeper topics count towards their subtree' }),
    sort: Flags.string({
      helpValue: 'FIELD[:desc]',
      summary: `${TOPIC_ORDERS.join(', ')}: the tree with the largest, most ids or oldest first; any field: the topics alone`,
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Topics);
    const selection = topicSelection(args.filter);
    requireWatchable(flags, this.io);
    const inTree = TOPIC_ORDERS.find((name) => name === flags.sort);
    const order = inTree === undefined ? orderOf(flags.sort, fieldNames(topicColumns(0, false))) : undefined;
    if (order !== undefined && flags.depth !== undefined) {
      throw new MqdynError('E_USAGE', `--depth draws a tree; with it --sort takes ${TOPIC_ORDERS.join(', ')}`);
    }
    const context = this.readContext(await this.open(flags));
    const keyed = selection.kind === 'topic';
    const byTopic = ['mqtt_topic_msg_map', 'mqtt_retain'] as const;
    const reader = await openReader(
      context,
      keyed ? { keyed: byTopic, whole: ['mqtt_sub'] } : { whole: [...byTopic, 'mqtt_sub'] },
    );
    const forPeople = flags.format === 'table' && !flags.json && flags.fields === undefined && !keyed;
    const depth = flags.depth ?? (forPeople && order === undefined ? Infinity : undefined);
    const listing = async () => {
      const topics = await listTopics(reader, { selection, depth, order: inTree });
      const items = blocks(topics.map(topicItem));
      const columns = topicColumns(context.now(), depth !== undefined);
      const whenEmpty = 'no queued and no retained messages';
      return ordered({ columns, items, totals: () => spentItem(reader.spent), whenEmpty }, order);
    };
    if (flags.watch !== undefined) {
      return this.redraw(flags.watch, async () => listSections(await listing(), flags, this.io.stdout.rows), flags);
    }
    await this.list(await listing(), flags);
    this.note(spentText(reader.spent));
  }
}
