import { Args, Flags } from '@oclif/core';
import { requireTable } from '../app/describe-table.ts';
import { queryItems } from '../app/read-items.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { fieldsOf, outputFlags, targetFlags } from '../cli/flags.ts';
import { itemListing, limitOf, readSummary } from '../cli/show-items.ts';

export default class Query extends BaseCommand {
  static override summary = 'read the items of one partition key';
  static override description = 'Reads every page. With the whole key it reads one item.';
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
    'sort-key': Flags.string({ helpValue: "'OP VALUE'", summary: '=, <, <=, >, >=, begins_with, or between A and B' }),
    filter: Flags.string({ helpValue: 'EXPR', summary: 'only items that match' }),
    index: Flags.string({ helpValue: 'NAME', summary: 'read this index' }),
    desc: Flags.boolean({ summary: 'in descending order of the sort key' }),
    limit: Flags.integer({ min: 1, helpValue: 'N', summary: 'at most this many items' }),
    consistent: Flags.boolean({ summary: 'strongly consistent, at twice the price' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query);
    const { dynamo, liveName } = await this.open(flags);
    const live = await requireTable(dynamo, liveName(args.table), this.stop.signal);
    const items = queryItems(dynamo, live, {
      table: live.TableName,
      role: args.table,
      now: this.io.now(),
      key: args.key,
      sortKey: flags['sort-key'],
      filter: flags.filter,
      fields: fieldsOf(flags),
      index: flags.index,
      descending: flags.desc,
      consistent: flags.consistent,
      count: false,
      signal: this.stop.signal,
      ...limitOf({ ...flags, count: false }),
    });
    await this.list(itemListing(args.table, items, flags), flags);
    this.note(readSummary(items));
    for (const hint of items.hints) this.note(`note: ${hint}`);
  }
}
