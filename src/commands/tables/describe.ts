import { Args, Flags } from '@oclif/core';
import { readSchemaFileOf } from '../../app/tables/describe-table.ts';
import { variantNote, withKnownCount } from '../../app/tables/list-tables.ts';
import { tableToRead } from '../../app/tables/nearest-table.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { outputFlags, targetFlags } from '../../cli/flags.ts';
import { COUNTS_AS_OF, isLocal } from '../../cli/target/target.ts';
import { isBackendTable } from '../../domain/records/tables.ts';
import type { Column } from '../../output/document.ts';
import { escapeJsonForTerminal } from '../../output/escape.ts';
import { STRUCTURED, tableFactsItem } from '../../output/views/tables.ts';

const COLUMNS = ['table', 'status', 'key', 'billing', 'itemCount', 'sizeBytes', 'deletionProtection', 'indexes', 'createdAt'];

/** Shown to programs alone. */
const DATA = [...STRUCTURED, 'variant', 'indexSchemas'];

export default class TablesDescribe extends BaseCommand {
  static override summary = 'describe one table';
  static override fields = [...COLUMNS, ...DATA, 'tableId', 'arn'];
  static override examples = [
    '<%= config.bin %> tables describe mqtt_msg',
    '<%= config.bin %> tables describe mqtt_msg --schema > schemas/mqtt_msg.json',
  ];
  static override args = { table: Args.string({ required: true, description: 'name of the table' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    schema: Flags.boolean({
      exclusive: ['format', 'fields', 'no-header', 'csv-raw'],
      summary: 'print a schema file that tables create takes',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TablesDescribe);
    const { dynamo, liveName, target } = await this.open(flags);
    const live = await tableToRead(dynamo, { table: args.table, liveName, signal: this.stop.signal });
    if (flags.schema) {
      const { sink, terminal } = this.outputOptions(flags);
      const file = await readSchemaFileOf(dynamo, live, args.table, this.stop.signal);
      const text = JSON.stringify(file, null, 2);
      await sink.write(`${terminal ? escapeJsonForTerminal(text) : text}\n`);
      return sink.flush();
    }
    const counted = isLocal(target) ? await withKnownCount(dynamo, live, this.stop.signal) : live;
    const view = { table: live.TableName, live: counted, ours: isBackendTable(args.table) };
    await this.show(
      tableFactsItem(counted, view.ours),
      [
        ...COLUMNS.map((name): Column =>
          name === 'sizeBytes' ? { name, kind: 'bytes' } : name === 'createdAt' ? { name, kind: 'time' } : { name },
        ),
        ...DATA.map((name) => ({ name, aside: true })),
      ],
      flags,
    );
    const note = variantNote(view);
    if (note !== undefined) this.note(note);
    if (!isLocal(target)) this.note(COUNTS_AS_OF);
  }
}
