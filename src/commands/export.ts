import { Args, type Interfaces } from '@oclif/core';
import { exportTables, type ExportOptions } from '../app/move/export/export-tables.ts';
import { inspectExport } from '../app/move/export/inspect-export.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { exportFlags } from '../cli/export-flags.ts';
import { ReadProgress } from '../cli/read-progress.ts';
import { countText, plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { n, type Item } from '../domain/item.ts';
import { isBackendTable, READ_ORDER } from '../domain/records/tables.ts';
import { redactor } from '../domain/export/redact.ts';
import { findExport } from '../files/export-reader.ts';
import { digestOf, readRedactKey } from '../files/redact-key.ts';
import { verifyExport } from '../files/verify-export.ts';
import { fieldNames } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';
import {
  EXPORT_COLUMNS,
  exportItem,
  FAULT_COLUMNS,
  INSPECT_COLUMNS,
  inspectedItem,
  inspectSections,
} from '../output/views/exports.ts';

type Flags = Interfaces.InferredFlags<typeof exportFlags>;

export default class Export extends BaseCommand {
  static override summary = 'store tables in files, as DynamoDB exports them to S3';
  static override description = `Writes DIR/TABLE/AWSDynamoDB/..., the layout of DynamoDB's own export to S3, which its import jobs and other tools read after
aws s3 sync, and DIR/manifest.json over all tables: schemas, counts, SHA-256 of every file, and when they were read. A scan is no
snapshot: what others write meanwhile may be in it or not. Files are readable by their owner alone; they hold payloads.

Until it is complete the export stands in DIR.partial; --resume goes on there after any stop, at the last complete file of each
segment (with --sorted at the last complete table). --redact needs a key of your own: openssl rand -base64 32 > redact.key. The
same key gives the same hashes, so clients, topics and subscriptions still belong together, and doctor --from finds the same.

--verify reads every byte and names everything that is wrong, exit 1. It takes what DynamoDB itself exported, too.`;
  static override fields = fieldNames(EXPORT_COLUMNS, FAULT_COLUMNS, INSPECT_COLUMNS);
  static override strict = false;
  static override examples = [
    '<%= config.bin %> export --out backup',
    '<%= config.bin %> export mqtt_retain mqtt_sub --out backup --max-rcu 100',
    '<%= config.bin %> export --verify backup',
    '<%= config.bin %> export --inspect backup --depth 2',
  ];
  static override args = { table: Args.string({ description: 'tables; the six of the backend when none is named' }) };
  static override flags = exportFlags;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Export);
    const given = (['out', 'verify', 'inspect'] as const).filter((name) => flags[name] !== undefined);
    if (given.length !== 1) throw new MqdynError('E_USAGE', 'export needs one of --out DIR, --verify DIR and --inspect DIR');
    if (flags.out !== undefined) return this.store(flags.out, argv.map(String), flags);
    if (argv.length > 0)
      throw new MqdynError('E_USAGE', `--${given.join()} takes all tables of an export: leave out ${argv.join(' ')}`);
    if (flags.verify !== undefined) return this.verify(flags.verify, flags);
    if (flags.inspect !== undefined) return this.inspect(flags.inspect, flags);
  }

  private async store(folder: string, named: readonly string[], flags: Flags): Promise<void> {
    const tables = named.length === 0 ? READ_ORDER : [...new Set(named)];
    const { dynamo, liveName } = await this.open(flags, { concurrency: flags.segments });
    const progress = new ReadProgress(this.io, 'exporting');
    const { manifest } = await exportTables(dynamo, {
      folder,
      tables,
      segments: flags.segments,
      maxRcu: flags['max-rcu'],
      sorted: Boolean(flags.sorted),
      redact: await this.redaction(flags.redact, tables),
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
    }).finally(() => progress.clear());
    await this.list({ columns: EXPORT_COLUMNS, items: blocks(manifest.tables.map(exportItem)) }, flags);
    const items = manifest.tables.reduce((sum, { itemCount }) => sum + itemCount, 0);
    this.note(`${countText(items)} ${plural('item', items)} in ${folder}; ${manifest.note}`);
  }

  private async redaction(keyFile: string | undefined, tables: readonly string[]): Promise<ExportOptions['redact']> {
    if (keyFile === undefined) return undefined;
    const other = tables.find((table) => !isBackendTable(table));
    if (other !== undefined) {
      throw new MqdynError('E_USAGE', `--redact knows the six tables of the backend, and not ${other}`);
    }
    const key = await readRedactKey(keyFile);
    const redact = redactor(key);
    return { digest: digestOf(key), apply: (table, item) => (isBackendTable(table) ? redact(table, item) : item) };
  }

  private async verify(folder: string, flags: Flags): Promise<void> {
    const found = await findExport(folder);
    const progress = new ReadProgress(this.io, 'verifying');
    const { signal } = this.stop;
    let faults = 0;
    const items = (async function* (): AsyncGenerator<readonly Item[]> {
      const told = { signal, progress: (table: string, count: number) => progress.at(`${table}, ${countText(count)} items`) };
      for await (const { file, what } of verifyExport(found, told)) {
        faults += 1;
        progress.clear();
        yield [itemOf({ file, what })];
      }
      progress.clear();
    })();
    const files = found.tables.reduce((sum, table) => sum + table.files.length, 0);
    const count = found.tables.reduce((sum, { itemCount }) => sum + itemCount, 0);
    const totals = () => ({ tables: n(found.tables.length), files: n(files), itemCount: n(count) });
    await this.list({ columns: FAULT_COLUMNS, items, totals }, flags);
    const size = `${found.tables.length} ${plural('table', found.tables.length)}, ${countText(count)} ${plural('item', count)}`;
    if (faults === 0) return this.note(`complete and undamaged: ${size}`);
    this.note(`${countText(faults)} ${plural('fault', faults)}: do not import it`);
    this.exit(1);
  }

  private async inspect(folder: string, flags: Flags): Promise<void> {
    const found = await findExport(folder);
    const [fault] = found.faults;
    if (fault !== undefined) throw new MqdynError('E_DUMP', `${fault.file} ${fault.what}`, { hint: undefined });
    const inspected = await inspectExport(found, { depth: flags.depth, signal: this.stop.signal });
    const now = this.io.now();
    await this.showReport(
      inspectedItem(found.manifest, inspected),
      INSPECT_COLUMNS,
      () => inspectSections(found.manifest, inspected, { now, tree: flags.depth !== undefined }),
      flags,
    );
  }
}
