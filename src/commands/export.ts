import { Args, Flags } from '@oclif/core';
import { exportTables } from '../app/move/export-tables.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { ReadProgress } from '../cli/read-progress.ts';
import { countText } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { READ_ORDER } from '../domain/records/tables.ts';
import { EXPORT_COLUMNS, exportItem } from '../output/views/exports.ts';
import { blocks } from '../output/items.ts';

export default class Export extends BaseCommand {
  static override summary = 'store tables in files, as DynamoDB exports them to S3';
  static override strict = false;
  static override args = { table: Args.string({ description: 'tables; the six of the backend when none is named' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    out: Flags.string({ helpValue: 'DIR', summary: 'new folder for the export' }),
    segments: Flags.integer({ min: 1, max: 64, default: 4, helpValue: 'N', summary: 'read N parts of a table at once' }),
    'max-rcu': Flags.integer({ min: 1, helpValue: 'N', summary: 'at most this many read capacity units per second' }),
    sorted: Flags.boolean({ summary: 'items in the order of their keys' }),
    's3-prefix': Flags.string({ helpValue: 'P', summary: 'where the folder will stand in its bucket' }),
    resume: Flags.boolean({ summary: 'continue an export that was stopped' }),
    restart: Flags.boolean({ exclusive: ['resume'], summary: 'discard an export that was stopped' }),
    force: Flags.boolean({ summary: 'replace DIR once the new export is complete' }),
    'retry-for': durationFlag({
      default: 120_000,
      defaultHelp: async () => '120s',
      summary: 'give up after this long without a reply',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Export);
    if (flags.out === undefined) throw new MqdynError('E_USAGE', 'export needs --out DIR');
    const tables = argv.length === 0 ? READ_ORDER : argv.map(String);
    const { dynamo, liveName } = await this.open(flags, { concurrency: flags.segments });
    const progress = new ReadProgress(this.io, 'exporting');
    const { manifest, folder } = await exportTables(dynamo, {
      folder: flags.out,
      tables,
      segments: flags.segments,
      maxRcu: flags['max-rcu'],
      sorted: Boolean(flags.sorted),
      redact: undefined,
      s3Prefix: flags['s3-prefix'],
      resume: Boolean(flags.resume),
      restart: Boolean(flags.restart),
      force: Boolean(flags.force),
      retryForMs: flags['retry-for'],
      tool: `mqdyn ${this.config.version}`,
      command: 'export',
      liveName,
      signal: this.stop.signal,
      notice: (sentence) => this.note(sentence),
      now: () => this.io.now(),
      progress: (table, items) => progress.at(`${table}, ${countText(items)} items`),
    });
    progress.clear();
    await this.list({ columns: EXPORT_COLUMNS, items: blocks(manifest.tables.map(exportItem)) }, flags);
    this.note(`complete in ${folder}; ${manifest.note}`);
  }
}
