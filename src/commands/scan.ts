import { Args, Flags } from '@oclif/core';
import { scanItems } from '../app/read-items.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { fieldsOf, outputFlags, targetFlags } from '../cli/flags.ts';
import { columns } from '../output/columns.ts';
import { countItem, itemListing, limitOf, readSummary } from '../cli/show-items.ts';

export default class Scan extends BaseCommand {
  static override summary = 'read a whole table';
  static override description = `Reads every page. The table format shows 100 items unless --limit says otherwise.
A filter is written plainly; names and values are placed for you. It saves output, not read units.
arrived, online_at and offline_at are compared with dates ('2026-10-25', '2026-10-25 08:30:00Z', now - 30d) in whatever unit
a row holds.`;
  static override examples = [
    '<%= config.bin %> scan mqtt_msg',
    `<%= config.bin %> scan mqtt_msg --filter "qos > 0 and begins_with(topic, 'plant/')"`,
    `<%= config.bin %> scan mqtt_client --filter 'online_at > now - 30d'`,
    '<%= config.bin %> scan mqtt_retain --format ddb-json --segments 8 > retain.jsonl',
  ];
  static override args = { table: Args.string({ required: true, description: 'name of the table' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    filter: Flags.string({ helpValue: 'EXPR', summary: 'only items that match' }),
    limit: Flags.integer({ min: 1, helpValue: 'N', summary: 'at most this many items' }),
    segments: Flags.integer({ min: 1, max: 1000, default: 1, helpValue: 'N', summary: 'read this many parts in parallel' }),
    index: Flags.string({ helpValue: 'NAME', summary: 'read this index' }),
    consistent: Flags.boolean({ summary: 'strongly consistent, at twice the price' }),
    count: Flags.boolean({ summary: 'only count the items' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Scan);
    const options = {
      role: args.table,
      now: this.io.now(),
      filter: flags.filter,
      fields: fieldsOf(flags),
      index: flags.index,
      consistent: flags.consistent,
      count: flags.count,
      segments: flags.segments,
      signal: this.stop.signal,
      ...limitOf(flags),
    };
    const { dynamo, liveName } = await this.open(flags, { concurrency: flags.segments });
    const items = scanItems(dynamo, { ...options, table: liveName(args.table) });
    if (flags.count) {
      for await (const _ of items.rows);
      await this.show(countItem(items), columns(['count', 'scannedCount', 'consumedCapacity']), flags);
    } else {
      await this.list(itemListing(args.table, items, flags), flags);
    }
    this.note(readSummary(items));
    for (const hint of items.hints) this.note(`note: ${hint}`);
  }
}
