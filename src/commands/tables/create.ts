import { Args, Flags } from '@oclif/core';
import { createTables } from '../../app/tables/create-tables.ts';
import { noteDummyKeys } from '../../app/tables/dummy-keys.ts';
import { chooseDefinitions } from '../../app/tables/load-definitions.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags, waitFlag } from '../../cli/flags.ts';
import { blocks, itemOf } from '../../output/items.ts';

export default class TablesCreate extends BaseCommand {
  static override summary = 'create the tables of the schema files';
  static override description = 'Waits until every table is ACTIVE. Running it again is harmless.';
  static override fields = ['table', 'status'];
  static override examples = [
    '<%= config.bin %> tables create',
    '<%= config.bin %> tables create mqtt_msg mqtt_retain --billing on-demand',
  ];
  static override strict = false;
  static override args = {
    table: Args.string({ description: 'tables to create; all of them when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    billing: Flags.option({
      options: ['provisioned', 'on-demand'] as const,
      summary: 'billing mode instead of that of the file',
    })(),
    'dry-run': Flags.boolean({ summary: 'say what would be created, and create nothing' }),
    wait: waitFlag,
    'no-wait': Flags.boolean({ exclusive: ['wait'], summary: 'do not wait until the tables are ACTIVE' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesCreate);
    const session = await this.open(flags, { writes: !flags['dry-run'] });
    const results = await createTables(session.dynamo, {
      definitions: await chooseDefinitions(session.schemaDir, argv),
      liveName: session.liveName,
      ...(flags.billing === undefined ? {} : { billing: flags.billing }),
      dryRun: flags['dry-run'],
      wait: !flags['no-wait'],
      waitMs: flags.wait,
      signal: this.stop.signal,
      notice: (sentence) => this.note(sentence),
    });
    await this.list({ columns: [{ name: 'table' }, { name: 'status' }], items: blocks(results.map(itemOf)) }, flags);
    const found = results.some(({ status }) => status === 'exists');
    noteDummyKeys(session.dynamo, found, (sentence) => this.note(sentence));
  }
}
