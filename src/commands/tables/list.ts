import { Flags } from '@oclif/core';
import { noteDummyKeys } from '../../app/tables/dummy-keys.ts';
import { listTables, variantNote } from '../../app/tables/list-tables.ts';
import { loadDefinitions } from '../../app/tables/load-definitions.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';
import { ordered, orderOf, sortFlag } from '../../cli/sort.ts';
import { COUNTS_AS_OF, isLocal } from '../../cli/target/target.ts';
import type { Column } from '../../output/document.ts';
import { blocks } from '../../output/items.ts';
import { STRUCTURED, tableItem } from '../../output/views/tables.ts';

const COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'status', tones: { MISSING: 'bad' } },
  { name: 'billing' },
  { name: 'itemCount' },
  { name: 'sizeBytes', kind: 'bytes' },
  { name: 'key' },
  ...STRUCTURED.map((name) => ({ name, aside: true })),
  { name: 'variant', aside: true },
];

export default class TablesList extends BaseCommand {
  static override aliases = ['ls'];
  static override summary = 'list the tables of the schema files and their state';
  static override description = 'Item counts and sizes are the ones that DynamoDB keeps, up to six hours old.';
  static override fields = COLUMNS.map(({ name }) => name);
  static override examples = ['<%= config.bin %> tables list', '<%= config.bin %> tables list --all --json'];
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    all: Flags.boolean({ summary: 'include tables that no schema file names' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(TablesList);
    const order = orderOf(flags.sort, TablesList.fields);
    const { dynamo, schemaDir, liveName, target } = await this.open(flags);
    const definitions = await loadDefinitions(schemaDir);
    const options = { definitions, liveName, all: flags.all, count: isLocal(target), signal: this.stop.signal };
    const tables = await listTables(dynamo, options);
    await this.list(ordered({ columns: COLUMNS, items: blocks(tables.map(tableItem)) }, order), flags);
    for (const note of tables.map(variantNote)) if (note !== undefined) this.note(note);
    if (!isLocal(target)) this.note(COUNTS_AS_OF);
    const found = tables.some(({ live }) => live !== undefined);
    noteDummyKeys(dynamo, found, (sentence) => this.note(sentence));
  }
}
