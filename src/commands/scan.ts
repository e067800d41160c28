import { Args, Flags } from '@oclif/core';
import { scanItems } from '../app/read-items.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { columns } from '../output/columns.ts';
import { countItem, fieldsToRead, itemListing, itemOrder, limitOf, readSummary, UNLIMITED } from '../cli/show-items.ts';
import { ordered, sortFlag } from '../cli/sort.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { MqdynError } from '../domain/errors.ts';

export default class Scan extends BaseCommand {
  static override summary = 'read a whole table';
  static override description = `Reads every page. The table format shows 100 items unless --limit says otherwise.
A filter is written plainly; names and values are placed for you. It saves output, not read units.`;
  static override examples = [
    '<%= config.bin %> scan mqtt_msg',
    `<%= config.bin %> scan mqtt_msg --filter "qos > 0 and begins_with(topic, 'plant/')"`,
    '<%= config.bin %> scan mqtt_retain --format ddb-json --segments 8 > retain.jsonl',
  ];
  static override args = { table: Args.string({ required: true, description: 'name of the table' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    filter: Flags.string({ helpValue: 'EXPR', summary: 'only items for which this holds' }),
    limit: Flags.integer({ min: 1, helpValue: 'N', summary: 'at most so many items' }),
    segments: Flags.integer({ min: 1, max: 1000, default: 1, helpValue: 'N', summary: 'read so many parts in parallel' }),
    index: Flags.string({ helpValue: 'NAME', summary: 'read this index' }),
    consistent: Flags.boolean({ summary: 'strongly consistent, at twice the price' }),
    count: Flags.boolean({ summary: 'only count' }),
    watch: { ...watchFlag, dependsOn: ['count'] },
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Scan);
    requireWatchable(flags, this.io);
    const order = itemOrder(args.table, flags.sort);
    const { limit, probe } = limitOf(flags);
    if (order !== undefined && flags.count) throw new MqdynError('E_USAGE', '--sort has nothing to sort with --count');
    if (order !== undefined && limit === undefined) {
      throw new MqdynError('E_USAGE', '--sort needs --limit: the first N items are kept in memory, never a whole table');
    }
    const options = {
      filter: flags.filter,
      fields: fieldsToRead(flags, order),
      index: flags.index,
      consistent: flags.consistent,
      count: flags.count,
      segments: flags.segments,
      signal: this.stop.signal,
      ...(order === undefined ? { limit, probe } : UNLIMITED),
    };
    const { dynamo, liveName } = await this.open(flags, { concurrency: flags.segments });
    const read = () => scanItems(dynamo, { ...options, table: liveName(args.table) });
    const items = read();
    if (flags.watch !== undefined) {
      const draw = async () => {
        const again = read();
        for await (const _ of again.rows);
        return [{ heading: '', lines: [readSummary(again)] }];
      };
      return this.redraw(flags.watch, draw, flags);
    }
    if (flags.count) {
      for await (const _ of items.rows);
      await this.show(countItem(items), columns(['count', 'scannedCount', 'consumedCapacity']), flags);
    } else {
      await this.list(ordered(itemListing(args.table, items, flags), order, limit), flags);
    }
    this.note(readSummary(items, order && limit));
  }
}
