import { Args, Flags } from '@oclif/core';
import { chooseDefinitions } from '../../app/tables/load-definitions.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { targetFlags } from '../../cli/flags.ts';
import { cloudFormation } from '../../domain/schema/export-cloudformation.ts';
import { terraform } from '../../domain/schema/export-terraform.ts';
import { Sink } from '../../output/sink.ts';

export default class TablesExport extends BaseCommand {
  static override summary = 'print the schema files for CloudFormation or Terraform';
  static override description = 'Needs no target. --table-prefix comes before the names of the tables, as on the live side.';
  static override examples = [
    '<%= config.bin %> tables export --as terraform > mqtt.tf',
    '<%= config.bin %> tables export mqtt_msg --as cloudformation',
  ];
  static override strict = false;
  static override args = {
    table: Args.string({ description: 'tables to print; all of them when none is named' }),
  };
  static override flags = {
    'schema-dir': targetFlags['schema-dir'],
    'table-prefix': targetFlags['table-prefix'],
    context: targetFlags.context,
    as: Flags.string({ required: true, options: ['cloudformation', 'terraform'], summary: 'the tool to print for' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesExport);
    const { settings } = await this.inForce(flags);
    const prefix = settings['table-prefix']?.value ?? '';
    const chosen = await chooseDefinitions(await this.schemaDir(flags), argv);
    const definitions = chosen.map((definition) => ({ ...definition, TableName: prefix + definition.TableName }));
    const sink = new Sink(this.io.stdout);
    await sink.write(flags.as === 'terraform' ? terraform(definitions) : cloudFormation(definitions));
    await sink.flush();
  }
}
