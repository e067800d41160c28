import { Args } from '@oclif/core';
import { allowsInsecure, BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { NATIVE_EXPORT_HELP, nativeExport, nativeExportFlags } from '../cli/native-export.ts';
import { MqdynError } from '../domain/errors.ts';
import { fieldNames, NATIVE_EXPORT_COLUMNS } from '../output/columns.ts';

export default class Export extends BaseCommand {
  static override summary = 'export tables to S3';
  static override description = NATIVE_EXPORT_HELP;
  static override fields = fieldNames(NATIVE_EXPORT_COLUMNS);
  static override examples = [
    '<%= config.bin %> export --native s3://plant-backups/emqx',
    '<%= config.bin %> export mqtt_msg --native s3://plant-backups --at 2026-11-28T12:00:00Z --no-wait',
    '<%= config.bin %> export --native s3://plant-backups/changes --from 2026-11-28T12:00:00Z --to 2026-11-28T18:00:00Z',
  ];
  static override strict = false;
  static override args = { table: Args.string({ description: 'tables to export; all of them when none is named' }) };
  static override flags = { ...targetFlags, ...outputFlags, ...nativeExportFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Export);
    const { native } = flags;
    if (native === undefined) throw new MqdynError('E_USAGE', 'where to? Name --native s3://BUCKET');
    const session = await this.open(flags);
    const host = {
      io: this.io,
      session,
      signal: this.stop.signal,
      allowInsecure: allowsInsecure(flags, this.io.env),
      note: (...said: Parameters<BaseCommand['note']>) => this.note(...said),
      list: (listing: Parameters<BaseCommand['list']>[0]) => this.list(listing, flags),
    };
    await nativeExport(host, argv, { ...flags, native });
  }
}
