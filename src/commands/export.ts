import { resolve } from 'node:path';
import { Args, type Interfaces } from '@oclif/core';
import { exportTables } from '../app/move/export/export-tables.ts';
import { inspectExport } from '../app/move/export/inspect-export.ts';
import { loadRedaction } from '../app/move/export/redaction.ts';
import { verifyFolder } from '../app/move/export/verify-folder.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { exportFlags } from '../cli/export-flags.ts';
import { NATIVE_EXPORT_HELP, nativeExport } from '../cli/native-export.ts';
import { countText, plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { READ_ORDER } from '../domain/records/tables.ts';
import { fieldNames, NATIVE_EXPORT_COLUMNS } from '../output/columns.ts';
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

const MODES = ['out', 'native', 'verify', 'inspect'] as const;

export default class Export extends BaseCommand {
  static override summary = 'store tables in files, as DynamoDB exports them to S3';
  static override description = `Writes DIR/TABLE/AWSDynamoDB/..., the layout of DynamoDB's own export to S3, which its import jobs and other tools read after
aws s3 sync, and DIR/manifest.json over all tables: schemas, counts, SHA-256 of every file, and when they were read. A scan is no
snapshot: what others write meanwhile may be in it or not. Files are readable by their owner alone; they hold payloads.

Until it is complete the export stands in DIR.partial; --resume goes on there after any stop, at the last complete file of each
segment (with --sorted at the last complete table). --redact needs a key of your own: openssl rand -base64 32 > redact.key. The
same key gives the same hashes, so clients, topics and subscriptions still belong together, and doctor --from finds the same.
Names of nodes, message ids and times stay.

--verify reads every byte and names everything that is wrong, exit 1. It takes what DynamoDB itself exported, too.

${NATIVE_EXPORT_HELP}`;
  static override fields = fieldNames(EXPORT_COLUMNS, FAULT_COLUMNS, INSPECT_COLUMNS, NATIVE_EXPORT_COLUMNS);
  static override strict = false;
  static override examples = [
    '<%= config.bin %> export --out backup',
    '<%= config.bin %> export mqtt_retain mqtt_sub --out backup --max-rcu 100',
    '<%= config.bin %> export --verify backup',
    '<%= config.bin %> export --inspect backup --depth 2',
    '<%= config.bin %> export --native s3://plant-backups/emqx',
    '<%= config.bin %> export --native s3://plant-backups/changes --from 2026-11-28T12:00:00Z --to 2026-11-28T18:00:00Z',
  ];
  static override args = { table: Args.string({ description: 'tables; the six of the backend when none is named' }) };
  static override flags = exportFlags;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Export);
    const given = MODES.filter((name) => flags[name] !== undefined);
    if (given.length !== 1) throw new MqdynError('E_USAGE', `export needs one of ${MODES.map((name) => `--${name}`).join(', ')}`);
    if (flags.out === '') throw new MqdynError('E_USAGE', '--out needs the name of a folder');
    // without the slash that completion puts behind a folder
    if (flags.out !== undefined) return this.store(resolve(flags.out), argv, flags);
    if (flags.native !== undefined) return this.native(flags.native, argv, flags);
    if (argv.length > 0)
      throw new MqdynError('E_USAGE', `--${given.join()} takes all tables of an export: leave out ${argv.join(' ')}`);
    if (flags.verify !== undefined) return this.verify(flags.verify, flags);
    if (flags.inspect !== undefined) return this.inspect(flags.inspect, flags);
  }

  private async store(folder: string, named: readonly string[], flags: Flags): Promise<void> {
    const tables = named.length === 0 ? READ_ORDER : [...new Set(named)];
    const { dynamo, liveName } = await this.open(flags, { concurrency: flags.segments });
    const { manifest } = await exportTables(dynamo, {
      folder,
      tables,
      segments: flags.segments,
      maxRcu: flags['max-rcu'],
      sorted: flags.sorted,
      redact: await loadRedaction(flags.redact, tables),
      s3Prefix: flags['s3-prefix'],
      resume: flags.resume,
      restart: flags.restart,
      force: flags.force,
      retryForMs: flags['retry-for'],
      tool: `mqdyn ${this.config.version}`,
      command: 'export',
      liveName,
      signal: this.stop.signal,
      notice: (sentence) => this.note(sentence),
      now: () => this.io.now(),
      progress: this.startProgress('exporting').table,
    });
    await this.list({ columns: EXPORT_COLUMNS, items: blocks(manifest.tables.map(exportItem)) }, flags);
    const items = manifest.tables.reduce((sum, { itemCount }) => sum + itemCount, 0);
    this.note(`${countText(items)} ${plural('item', items)} in ${folder}; ${manifest.note}`);
  }

  private async native(native: string, names: readonly string[], flags: Flags): Promise<void> {
    const host = this.jobsHost(await this.open(flags), flags);
    await nativeExport(host, names, { ...flags, native });
  }

  private async verify(folder: string, flags: Flags): Promise<void> {
    const progress = this.startProgress('verifying');
    const verified = await verifyFolder(folder, { signal: this.stop.signal, progress: progress.table });
    let faults = 0;
    const items = (async function* (): AsyncGenerator<readonly Item[]> {
      for await (const fault of progress.before(verified.faults)) {
        faults += 1;
        yield [itemOf({ file: fault.file, what: fault.what })];
      }
    })();
    const { tables, files, items: count } = verified;
    const totals = () => itemOf({ tables, files, itemCount: count });
    await this.list({ columns: FAULT_COLUMNS, items, totals }, flags);
    if (faults > 0) {
      this.note(`${countText(faults)} ${plural('fault', faults)}: do not import it`);
      this.exit(1);
    }
    this.note(`complete and undamaged: ${tables} ${plural('table', tables)}, ${countText(count)} ${plural('item', count)}`);
  }

  private async inspect(folder: string, flags: Flags): Promise<void> {
    const { manifest, inspected } = await inspectExport(folder, { depth: flags.depth, signal: this.stop.signal });
    const looks = { now: this.io.now(), tree: flags.depth !== undefined };
    await this.showReport(
      inspectedItem(manifest, inspected),
      INSPECT_COLUMNS,
      () => inspectSections(manifest, inspected, looks),
      flags,
    );
  }
}
