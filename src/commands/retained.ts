import { Args } from '@oclif/core';
import { listRetained } from '../app/list-retained.ts';
import { openReader } from '../app/open-reader.ts';
import { spentItem } from '../app/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText } from '../cli/show-items.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { RETAINED_COLUMNS } from '../output/columns.ts';

export default class Retained extends BaseCommand {
  static override summary = 'show retained messages, by MQTT topic filter';
  static override description = `The broker itself can only look retained messages up by exact topics. Here + and # match as in MQTT; a topic without them is
one read by key, and # alone leaves topics out that start with $.
--json has the stored attributes (topic, msgid, sender, qos, retain, payload, arrived) with age (seconds) and bytes.`;
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
    'older-than': durationFlag({ summary: 'published at least this long ago' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Retained);
    const selection = topicSelection(args.filter);
    const place = this.placeIn(await this.open(flags));
    const tables = ['mqtt_retain'] as const;
    const reader = await openReader(place, selection.kind === 'topic' ? { keyed: tables } : { whole: tables });
    const rows = listRetained(reader, { selection, olderThanMs: flags['older-than'] }, place.now());
    const whenEmpty = 'no retained messages';
    await this.list({ columns: RETAINED_COLUMNS, open: true, rows, totals: () => spentItem(reader), whenEmpty }, flags);
    this.note(spentText(reader.spent));
  }
}
