import { Args } from '@oclif/core';
import { listRetained } from '../app/views/list-retained.ts';
import { inKeyOrder } from '../app/views/in-key-order.ts';
import { openReader } from '../app/views/open-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { ordered, orderOf, sortFlag } from '../cli/sort.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { counted, partText, spentText, UNSORTED } from '../cli/show-items.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { fieldNames, RETAINED_COLUMNS } from '../output/columns.ts';
import { itemsOf } from '../output/items.ts';
import { retainedItem } from '../output/views/messages.ts';
import { spentItem } from '../output/views/reads.ts';

export default class Retained extends BaseCommand {
  static override summary = 'show retained messages, by MQTT topic filter';
  static override description = `The broker itself can only look retained messages up by exact topics. Here + and # match as in MQTT; a topic without them is
one read by key, and # alone leaves topics out that start with $. In the order of the topics.

--json has the stored attributes (topic, msgid, sender, qos, retain, payload, arrived) with age (seconds) and bytes.`;
  static override fields = fieldNames(RETAINED_COLUMNS);
  static override anyField = true;
  static override examples = [
    "<%= config.bin %> retained 'plant/+/state'",
    '<%= config.bin %> retained --older-than 30d --format jsonl',
  ];
  static override args = {
    filter: Args.string({ description: 'topic filter; every topic when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    'older-than': durationFlag({ summary: 'published at least this long ago' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Retained);
    const selection = topicSelection(args.filter);
    const order = orderOf(flags.sort, fieldNames(RETAINED_COLUMNS));
    const context = this.readContext(await this.open(flags));
    const tables = ['mqtt_retain'] as const;
    const reader = await openReader(context, selection.kind === 'topic' ? { keyed: tables } : { whole: tables });
    const found = listRetained(reader, { selection, olderThanMs: flags['older-than'] }, context.now());
    const items = inKeyOrder(itemsOf(found, retainedItem), ['topic'], () => order ?? this.note(UNSORTED));
    const whenEmpty = 'no retained messages';
    const listing = { columns: RETAINED_COLUMNS, open: true, items, totals: () => spentItem(reader.spent), whenEmpty };
    const shown = counted(ordered(listing, order));
    await this.list(shown, flags);
    this.note(partText(shown.count(), reader.spent.scanned, 'retained message') + spentText(reader.spent));
  }
}
