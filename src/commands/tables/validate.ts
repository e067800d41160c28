import { Args } from '@oclif/core';
import { readSchemaFiles, validateFiles } from '../../app/tables/validate-files.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';
import { blocks, itemOf } from '../../output/items.ts';

export default class TablesValidate extends BaseCommand {
  static override summary = 'check schema files';
  static override description = `Needs no target. Every fault of every file is reported with its line and column; exit code 4.
Without FILE every file of the schema folder is checked.`;
  static override fields = ['file', 'table', 'status'];
  static override examples = ['<%= config.bin %> tables validate', '<%= config.bin %> tables validate my/mqtt_msg.json'];
  static override strict = false;
  static override args = { file: Args.string({ description: 'schema files' }) };
  static override flags = { 'schema-dir': targetFlags['schema-dir'], context: targetFlags.context, ...outputFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesValidate);
    const folder = await this.schemaDir(flags);
    const files = await readSchemaFiles(argv, folder);
    const items = validateFiles(files).map(({ file, definition }) =>
      itemOf({ file, table: definition.TableName, status: 'valid' }),
    );
    await this.list({ columns: [{ name: 'file' }, { name: 'table' }, { name: 'status' }], items: blocks(items) }, flags);
  }
}
