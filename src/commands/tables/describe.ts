import { Args, Flags } from '@oclif/core';
import { readSchemaFileOf, requireTable, tableFacts } from '../../app/describe-table.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';

export default class TablesDescribe extends BaseCommand {
  static override summary = 'describe one table';
  static override examples = [
    '<%= config.bin %> tables describe mqtt_msg',
    '<%= config.bin %> tables describe mqtt_msg --schema > schemas/mqtt_msg.json',
  ];
  static override args = { table: Args.string({ required: true, description: 'name of the table' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    schema: Flags.boolean({ summary: 'print a schema file that tables create takes' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TablesDescribe);
    const { dynamo, liveName } = await this.open(flags);
    const live = await requireTable(dynamo, liveName(args.table), this.stop.signal);
    if (flags.schema) {
      const { sink } = this.outputOptions(flags);
      const file = await readSchemaFileOf(dynamo, live, args.table, this.stop.signal);
      await sink.write(`${JSON.stringify(file, null, 2)}\n`);
      return sink.flush();
    }
    const columns = ['table', 'status', 'key', 'billing', 'itemCount', 'sizeBytes', 'deletionProtection', 'indexes', 'createdAt'];
    await this.show(
      tableFacts(live),
      columns.map((name) =>
        name === 'sizeBytes' ? { name, kind: 'bytes' } : name === 'createdAt' ? { name, kind: 'time' } : { name },
      ),
      flags,
    );
  }
}
