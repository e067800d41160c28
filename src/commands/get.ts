import { Args, Flags } from '@oclif/core';
import { tableToRead } from '../app/tables/nearest-table.ts';
import { getItem } from '../app/views/get-item.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { unitsText } from '../cli/show-items.ts';
import { tableColumns } from '../output/columns.ts';

export default class Get extends BaseCommand {
  static override summary = 'read one item by its key';
  static override description =
    'Shows one attribute a line; --json has the item as one object. Exit 1 when there is no such item.';
  static override examples = [
    '<%= config.bin %> get mqtt_client panel-1',
    '<%= config.bin %> get mqtt_sub panel-1 plant/a/temp --json',
  ];
  static override args = {
    table: Args.string({ required: true, description: 'name of the table' }),
    key: Args.string({ required: true, description: 'value of the partition key' }),
    sort: Args.string({ description: 'value of the sort key, where the table has one' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    consistent: Flags.boolean({ summary: 'strongly consistent, at twice the price' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Get);
    const { table, key, sort } = args;
    const { dynamo, liveName } = await this.open(flags);
    const { signal } = this.stop;
    const live = await tableToRead(dynamo, { table, liveName, signal });
    const options = { key, sort, consistent: flags.consistent, signal };
    const { item, units } = await getItem(dynamo, live, options);
    if (item === undefined) {
      const named = [key, ...(sort === undefined ? [] : [sort])].join(' ');
      return this.nothingFound(tableColumns(table), `${live.TableName} has no item ${named}`, flags);
    }
    await this.show(item, tableColumns(table), flags);
    this.note(unitsText(units));
  }
}
