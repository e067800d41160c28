import { Args, Flags } from '@oclif/core';
import { scanItems, type ItemStream } from '../app/views/read-items.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags, type OutputFlags } from '../cli/flags.ts';
import { columns } from '../output/columns.ts';
import { countItem, fieldsToRead, itemListing, itemOrder, limitOf, readSummary, UNLIMITED } from '../cli/show-items.ts';
import { ordered, sortFlag } from '../cli/sort.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Listing } from '../output/document.ts';

export default class Scan extends BaseCommand {
  static override summary = 'read a whole table';
  static override description = `Reads every page. The table format shows 100 items unless --limit says otherwise.
A filter is written plainly; names and values are placed for you. It saves output, not read units.
arrived, online_at and offline_at are compared with dates ('2026-10-25', '2026-10-25 08:30:00Z', now - 30d) in whatever unit
an item holds.`;
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
    sort: sortFlag,
    filter: Flags.string({ helpGroup: 'SELECTION', helpValue: 'EXPR', summary: 'only items that match' }),
    limit: Flags.integer({ helpGroup: 'SELECTION', min: 1, helpValue: 'N', summary: 'at most this many items' }),
    segments: Flags.integer({
      helpGroup: 'READ',
      min: 1,
      max: 1000,
      default: 1,
      helpValue: 'N',
      summary: 'read this many parts in parallel',
    }),
    index: Flags.string({ helpGroup: 'SELECTION', helpValue: 'NAME', summary: 'read this index' }),
    consistent: Flags.boolean({ helpGroup: 'READ', summary: 'strongly consistent, at twice the price' }),
    count: Flags.boolean({ helpGroup: 'SELECTION', exclusive: ['fields'], summary: 'only count the items' }),
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
      role: args.table,
      now: this.io.now(),
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
    if (flags.watch !== undefined) {
      const draw = async () => {
        const again = read();
        for await (const _ of again.items);
        return [{ heading: '', lines: [readSummary(again)] }];
      };
      return this.redraw(flags.watch, draw, flags);
    }
    const items = read();
    const listing = ordered(itemListing(args.table, items, flags), order, limit);
    await this.print(items, listing, flags).catch(async (error: unknown) => {
      const { withNearestTable } = await import('../app/tables/nearest-table.ts');
      throw await withNearestTable(error, dynamo, { table: args.table, liveName, signal: this.stop.signal });
    });
    this.note(readSummary(items, order && limit));
    for (const hint of items.hints) this.note(`note: ${hint}`);
  }

  private async print(items: ItemStream, listing: Listing, flags: OutputFlags & { count: boolean }): Promise<void> {
    if (!flags.count) return this.list(listing, flags);
    for await (const _ of items.items);
    await this.show(countItem(items), columns(['count', 'scannedCount', 'consumedCapacity']), flags);
  }
}
