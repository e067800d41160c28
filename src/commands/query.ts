import { Args, Flags } from '@oclif/core';
import { tableToRead } from '../app/tables/nearest-table.ts';
import { queryItems } from '../app/views/read-items.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { fieldsToRead, itemListing, itemOrder, limitOf, readSummary, UNLIMITED } from '../cli/show-items.ts';
import { ordered, sortFlag } from '../cli/sort.ts';

export default class Query extends BaseCommand {
  static override summary = 'read the items of one partition key';
  static override description = 'Reads every page. With the whole key it reads one item, as get does.';
  static override examples = [
    '<%= config.bin %> query mqtt_sub test-dynamo',
    `<%= config.bin %> query mqtt_acked plant/a/temp --sort-key 'begins_with panel-'`,
  ];
  static override args = {
    table: Args.string({ required: true, description: 'name of the table' }),
    key: Args.string({ required: true, description: 'value of the partition key' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    'sort-key': Flags.string({
      helpGroup: 'SELECTION',
      helpValue: "'OP VALUE'",
      summary: '=, <, <=, >, >=, begins_with, or between A and B',
    }),
    filter: Flags.string({ helpGroup: 'SELECTION', helpValue: 'EXPR', summary: 'only items that match' }),
    index: Flags.string({ helpGroup: 'SELECTION', helpValue: 'NAME', summary: 'read this index' }),
    desc: Flags.boolean({ helpGroup: 'SELECTION', summary: 'in descending order of the sort key' }),
    limit: Flags.integer({ helpGroup: 'SELECTION', min: 1, helpValue: 'N', summary: 'at most this many items' }),
    consistent: Flags.boolean({ helpGroup: 'READ', summary: 'strongly consistent, at twice the price' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query);
    const order = itemOrder(args.table, flags.sort);
    const { limit, probe } = limitOf({ ...flags, count: false });
    const { dynamo, liveName } = await this.open(flags);
    const { signal } = this.stop;
    const live = await tableToRead(dynamo, { table: args.table, liveName, signal });
    const items = queryItems(dynamo, live, {
      table: live.TableName,
      role: args.table,
      now: this.io.now(),
      key: args.key,
      sortKey: flags['sort-key'],
      filter: flags.filter,
      fields: fieldsToRead(flags, order),
      index: flags.index,
      descending: flags.desc,
      consistent: flags.consistent,
      count: false,
      signal,
      ...(order === undefined ? { limit, probe } : UNLIMITED),
    });
    await this.list(ordered(itemListing(args.table, items, flags), order, limit), flags);
    this.note(readSummary(items, order && limit));
    for (const hint of items.hints) this.note(`note: ${hint}`);
  }
}
