import { Args, Flags } from '@oclif/core';
import { diffTables } from '../../app/tables/diff-tables.ts';
import { noteDummyKeys } from '../../app/tables/dummy-keys.ts';
import { chooseDefinitions } from '../../app/tables/load-definitions.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';
import { DIFFERENCE_COLUMNS, fieldNames } from '../../output/columns.ts';
import { blocks, itemOf } from '../../output/items.ts';

export default class TablesDiff extends BaseCommand {
  static override summary = 'compare the live tables with their schema files';
  static override description = `Exit code 1 when anything differs. Keys, billing and indexes are always compared; any other
setting where the file names it. The order of lists and what the service computes are never a difference.`;
  static override fields = fieldNames(DIFFERENCE_COLUMNS);
  static override examples = ['<%= config.bin %> tables diff', '<%= config.bin %> tables diff mqtt_msg --json'];
  static override strict = false;
  static override args = {
    table: Args.string({ description: 'tables to compare; all of them when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    ignore: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'ignore this path, such as GlobalSecondaryIndexes.by_hand',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesDiff);
    const session = await this.open(flags);
    const definitions = await chooseDefinitions(session.schemaDir, argv);
    const { differences, notes } = await diffTables(session.dynamo, {
      definitions,
      liveName: session.liveName,
      ignore: flags.ignore ?? [],
      signal: this.stop.signal,
    });
    for (const note of notes) this.note(note);
    const whenEmpty =
      definitions.length === 1
        ? 'no differences: the table matches its schema file'
        : `no differences: ${definitions.length} tables match their schema files`;
    await this.list({ columns: DIFFERENCE_COLUMNS, items: blocks(differences.map(itemOf)), whenEmpty }, flags);
    const missing = differences.filter(({ path, change }) => path === 'TableName' && change === 'create');
    noteDummyKeys(session.dynamo, missing.length < definitions.length, (sentence) => this.note(sentence));
    if (differences.length > 0) this.exit(1);
  }
}
