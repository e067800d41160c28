import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { NATIVE_IMPORT_HELP, nativeImport, nativeImportFlags } from '../cli/native-import.ts';
import { MqdynError } from '../domain/errors.ts';
import { fieldNames, NATIVE_IMPORT_COLUMNS } from '../output/columns.ts';

export default class Import extends BaseCommand {
  static override summary = 'import tables from S3';
  static override description = NATIVE_IMPORT_HELP;
  static override fields = fieldNames(NATIVE_IMPORT_COLUMNS);
  static override examples = [
    '<%= config.bin %> import --native s3://plant-backups/emqx --table-prefix restored-',
    '<%= config.bin %> import mqtt_msg mqtt_retain --bulk s3://plant-backups/emqx --max-wcu 2048 --yes',
  ];
  static override strict = false;
  static override args = { table: Args.string({ description: 'tables to import; all that have an export when none is named' }) };
  static override flags = { ...targetFlags, ...outputFlags, ...nativeImportFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Import);
    if (flags.native === undefined && flags.bulk === undefined) {
      throw new MqdynError('E_USAGE', 'what from? Name --native s3://BUCKET/PREFIX or --bulk s3://BUCKET/PREFIX');
    }
    const session = await this.open(flags, { writes: true });
    await nativeImport(this.jobsHost(session, flags), argv, flags);
  }
}
