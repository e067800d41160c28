import { Args, Flags } from '@oclif/core';
import { listTopics } from '../app/list-topics.ts';
import { openReader } from '../app/open-reader.ts';
import { spentItem } from '../app/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText } from '../cli/show-items.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { TOPIC_ORDERS, type TopicOrder } from '../domain/topics/tree.ts';
import { topicColumns } from '../output/columns.ts';
import { blocks } from '../output/rows.ts';

export default class Topics extends BaseCommand {
  static override summary = 'show queued and retained messages by topic';
  static override description = `A tree for people, a subtree before what is in it. The other formats list the topics alone; with --depth they have the
subtrees too, each under the filter that matches it, such as plant/#.
--json has topic, topics (in the subtree), ids, bytes (of the row in the map), share (of the 400 KB that a row may have, 0 to 1;
of a subtree its largest), oldest, newest (of the ids), retained (messages), subscribers (stored subscriptions that match), depth.`;
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
    depth: Flags.integer({ min: 1, helpValue: 'N', summary: 'show this many levels; deeper topics count towards their subtree' }),
    sort: Flags.string({ options: [...TOPIC_ORDERS], summary: 'largest, most ids or oldest first, instead of by name' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Topics);
    const selection = topicSelection(args.filter);
    const place = this.placeIn(await this.open(flags));
    const keyed = selection.kind === 'topic';
    const byTopic = ['mqtt_topic_msg_map', 'mqtt_retain'] as const;
    const reader = await openReader(place, keyed ? { keyed: byTopic, whole: ['mqtt_sub'] } : { whole: [...byTopic, 'mqtt_sub'] });
    const forPeople = flags.format === 'table' && !flags.json && flags.fields === undefined && !keyed;
    const depth = flags.depth ?? (forPeople ? Infinity : undefined);
    const rows = await listTopics(reader, { selection, depth, order: flags.sort as TopicOrder | undefined });
    await this.list(
      {
        columns: topicColumns(place.now(), depth !== undefined),
        rows: blocks(rows),
        totals: () => spentItem(reader),
        whenEmpty: 'no queued and no retained messages',
      },
      flags,
    );
    this.note(spentText(reader.spent));
  }
}
