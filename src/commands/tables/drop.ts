import { Args, Flags } from '@oclif/core';
import { dropTables, planDrop } from '../../app/tables/drop-tables.ts';
import { noteDummyKeys } from '../../app/tables/dummy-keys.ts';
import { chooseDefinitions } from '../../app/tables/load-definitions.ts';
import { misspeltTables } from '../../app/tables/nearest-table.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { confirmDrop } from '../../cli/confirm.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';
import { isLocal } from '../../cli/target/target.ts';
import { MqdynError } from '../../domain/errors.ts';
import { blocks, itemOf } from '../../output/items.ts';

export default class TablesDrop extends BaseCommand {
  static override summary = 'drop tables and everything in them';
  static override description =
    'On the embedded engine and on loopback --yes is enough. Anywhere else every table is named by --confirm, or typed.';
  static override fields = ['table', 'status'];
  static override examples = [
    '<%= config.bin %> tables drop mqtt_acked --yes',
    '<%= config.bin %> tables drop --all --confirm mqtt_client --confirm mqtt_sub',
  ];
  static override strict = false;
  static override args = { table: Args.string({ description: 'tables to drop' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    all: Flags.boolean({ summary: 'every table of the schema files' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask for confirmation (embedded engine and loopback)' }),
    confirm: Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: 'NAME', summary: 'consent to drop this table' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TablesDrop);
    const names = argv;
    if (flags.all ? names.length > 0 : names.length === 0)
      throw new MqdynError('E_USAGE', 'name the tables to drop, or pass --all');
    const { dynamo, schemaDir, liveName, target } = await this.open(flags, { writes: true });
    const definitions = flags.all ? await chooseDefinitions(schemaDir, []) : names.map((name) => ({ TableName: name }));
    const tables = definitions.map((definition) => liveName(definition.TableName));
    const foreign = flags.confirm?.find((name) => !tables.includes(name));
    if (foreign !== undefined) throw new MqdynError('E_USAGE', `--confirm ${foreign}: not one of the tables to drop`);
    const local = isLocal(target);
    const plan = await planDrop(dynamo, tables, { count: local, signal: this.stop.signal });
    if (plan.present.length > 0) {
      const asOf = local ? '' : '; the counts may be up to six hours old';
      this.note(
        `to be dropped: ${plan.present.map(({ table, items }) => `${table} (${items} ${items === 1 ? 'item' : 'items'})`).join(', ')}${asOf}`,
        { always: !flags.yes },
      );
      await confirmDrop(this.io, {
        tables: plan.present.map(({ table }) => table),
        local,
        yes: flags.yes,
        confirmed: flags.confirm ?? [],
      });
    }
    const results = await dropTables(dynamo, plan, this.stop.signal);
    await this.list({ columns: [{ name: 'table' }, { name: 'status' }], items: blocks(results.map(itemOf)) }, flags);
    const missing = names.filter((name) => plan.missing.includes(liveName(name)));
    const { signal } = this.stop;
    for (const sentence of await misspeltTables(dynamo, missing, { liveName, signal })) this.note(`note: ${sentence}`);
    noteDummyKeys(dynamo, plan.present.length > 0, (sentence) => this.note(sentence));
  }
}
