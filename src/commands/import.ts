import { Args } from '@oclif/core';
import { importTables, type ImportResult } from '../app/move/import/import-tables.ts';
import { openSource } from '../app/move/import/open-source.ts';
import { planImport } from '../app/move/import/plan-import.ts';
import type { ImportSource } from '../app/move/import/source.ts';
import { replaySummary } from '../app/replay/result.ts';
import { loadDefinitions } from '../app/tables/load-definitions.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { importFiles, importFlags, importOptions, isNativeImport, type ImportFlags } from '../cli/import-flags.ts';
import { NATIVE_IMPORT_HELP, nativeImport } from '../cli/native-import.ts';
import { countText } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { noCounts, totalOf } from '../domain/import/counts.ts';
import type { TableDefinition } from '../domain/schema/definition.ts';
import { fieldNames, NATIVE_IMPORT_COLUMNS } from '../output/columns.ts';
import { blocks } from '../output/items.ts';
import { IMPORT_COLUMNS, importedItem, importTotals, PLANNED_COLUMNS, plannedItem } from '../output/views/imports.ts';

export default class Import extends BaseCommand {
  static override summary = 'load tables from an export, from files of items, or from a journal';
  static override description = `SOURCE is the folder of an export, as mqdyn export or DynamoDB itself writes it, full or incremental; a file, plain or gzip, or - for
stdin: items as scan --format ddb-json prints them, which need the one TABLE that they go into; or a journal of purge, doctor --fix
or delete, of which what was taken away comes back. All of it is verified before the first write; a fault anywhere is exit 4.

Tables are those of the export, or the ones named, with --table-prefix before their names. A table with items is refused unless
--merge is given: then items with the same key are replaced, and rows of mqtt_topic_msg_map add their ids to those that are there
and change nothing else, so that what a broker has stored since is kept. An incremental export puts each item as it was at the
end, or deletes it, whatever is there. What DynamoDB refuses is in the reject file; exit 3. That file holds payloads.

${NATIVE_IMPORT_HELP}`;
  static override fields = fieldNames(IMPORT_COLUMNS, PLANNED_COLUMNS, NATIVE_IMPORT_COLUMNS);
  static override strict = false;
  static override examples = [
    '<%= config.bin %> import backup --dry-run --max-wcu 100',
    '<%= config.bin %> import backup mqtt_retain mqtt_sub --table-prefix restored- --create',
    '<%= config.bin %> scan mqtt_sub -o ddb-json -c old | <%= config.bin %> import - mqtt_sub --merge -c new',
    '<%= config.bin %> import purge.journal --merge',
    '<%= config.bin %> import --native s3://plant-backups/emqx --table-prefix restored-',
    '<%= config.bin %> import mqtt_msg mqtt_retain --bulk s3://plant-backups/emqx --max-wcu 2048 --yes',
  ];
  static override args = {
    source: Args.string({ description: 'folder of an export, or a file; - is stdin; none with --native and --bulk' }),
    table: Args.string({ description: 'tables; all of the source when none is named' }),
  };
  static override flags = importFlags;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Import);
    if (isNativeImport(flags)) {
      this.requireFields(flags, NATIVE_IMPORT_COLUMNS);
      const session = await this.open(flags, { writes: true });
      return nativeImport(this.jobsHost(session, flags), argv, flags);
    }
    this.requireFields(flags, flags['dry-run'] ? PLANNED_COLUMNS : IMPORT_COLUMNS);
    const [name, ...tables] = argv.map(String);
    if (name === undefined) {
      throw new MqdynError(
        'E_USAGE',
        'what from? Name a folder or a file, - for stdin, or --native or --bulk s3://BUCKET/PREFIX',
      );
    }
    const definitions = await loadDefinitions(await this.schemaDir(flags));
    const known = definitions.map(({ TableName }) => TableName);
    const outside = { stdin: this.io.stdin, notice: (sentence: string) => this.note(sentence), signal: this.stop.signal };
    const source = await openSource(name, { tables: [...new Set(tables)], known, ...outside });
    try {
      await (flags['dry-run'] ? this.plan(source, definitions, flags) : this.load(source, definitions, flags));
    } finally {
      await source.close();
    }
  }

  private async load(source: ImportSource, definitions: readonly TableDefinition[], flags: ImportFlags): Promise<void> {
    const started = performance.now();
    const files = await importFiles(source, flags);
    const session = await this.open(flags, { writes: true, attempts: 1, concurrency: flags.concurrency * 6 });
    const result = await importTables(session.dynamo, {
      ...importOptions(flags),
      ...files,
      ...this.context(session.liveName, definitions),
      source,
      tool: this.config.version,
      command: 'import',
    });
    const seconds = (performance.now() - started) / 1000;
    await this.report(result, { source, liveName: session.liveName, seconds }, flags);
    const { rejected } = totalOf(result.tables);
    if (rejected === 0) return;
    this.note(`${countText(rejected)} rejected; see the reasons in ${files.rejects}`);
    this.exit(3);
  }

  private async report(
    { tables, writer, checkpoint }: ImportResult,
    { source, liveName, seconds }: { source: ImportSource; liveName: (table: string) => string; seconds: number },
    flags: ImportFlags,
  ): Promise<void> {
    const total = totalOf(tables);
    const items = source.tables.map(({ table }) => {
      const counts = tables.find((each) => each.table === table) ?? noCounts(table);
      return importedItem({ ...counts, table: liveName(table) });
    });
    const totals = () => importTotals({ total, writer, checkpoint, seconds });
    await this.list({ columns: IMPORT_COLUMNS, items: blocks(items), totals }, flags);
    this.note(replaySummary(total));
    if (total.skipped > 0) this.note(`skipped: ${source.skips}`);
  }

  private async plan(source: ImportSource, definitions: readonly TableDefinition[], flags: ImportFlags): Promise<void> {
    const { dynamo, liveName } = await this.open(flags);
    const options = { ...importOptions(flags), ...this.context(liveName, definitions), source };
    const planned = await planImport(dynamo, options);
    await this.list({ columns: PLANNED_COLUMNS, items: blocks(planned.map(plannedItem)) }, flags);
    const named = (status: string) => planned.filter((each) => each.status === status).map(({ live }) => live);
    const [missing, filled] = [named('missing'), named('has items')];
    if (missing.length > 0) this.note(`${missing.join(', ')}: there is no such table; --create creates it`);
    if (filled.length > 0 && !flags.merge) {
      this.note(`${filled.join(', ')} ${filled.length === 1 ? 'has' : 'have'} items: import needs --merge`);
    }
    this.note('dry run: nothing was written');
  }

  private context(liveName: (table: string) => string, definitions: readonly TableDefinition[]) {
    const progress = this.startProgress('import');
    return {
      liveName,
      definitions,
      signal: this.stop.signal,
      notice: (sentence: string) => this.note(sentence),
      progress: (what: string, table: string, items: number) => progress.table(`${what} ${table}`, items),
    };
  }
}
