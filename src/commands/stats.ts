import { Flags } from '@oclif/core';
import { gatherStats, STATS_TABLES, type Stats as Gathered } from '../app/gather-stats.ts';
import { openReader } from '../app/open-reader.ts';
import { ageRows, nearRow, statsItem, tableRows } from '../app/stats-item.ts';
import { spentItem, type Place } from '../app/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { durationFlag, outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText } from '../cli/show-items.ts';
import { MqdynError } from '../domain/errors.ts';
import { ageSeconds } from '../domain/records/times.ts';
import { TABLES } from '../domain/records/tables.ts';
import { ageText } from '../output/cell-kinds.ts';
import { STATS_COLUMNS } from '../output/columns.ts';
import type { OutputOptions } from '../output/document.ts';
import { statisticsSections } from '../output/statistics.ts';

const MIN_WATCH_MS = 1_000;

export default class Stats extends BaseCommand {
  static override summary = 'sizes, ages, and how close every topic is to 400 KB';
  static override description = `Reads the clients and the map; the sizes of the other tables are DynamoDB's own, up to six hours old, unless --scan counts them.
A row of the map holds 400 KB, 8,714 ids at the most; then the ids of further messages are lost. WCU is what the next publish costs.
--json has tables (table, items, bytes, exact), clients (online, offline, unknown), pending (ids, topics, oldest, oldestMsgid,
oldestTopic), pendingByAge (age, ids), arrivals (hours, days: from, ids), topics (topic, ids, bytes, share, idsPerDay, daysLeft,
nextPublishUnits), scannedCount and consumedCapacity. idsPerDay is the average since the oldest id that waits.`;
  static override examples = [
    '<%= config.bin %> stats',
    '<%= config.bin %> stats --scan --json',
    '<%= config.bin %> stats --watch 5s',
  ];
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    scan: Flags.boolean({ summary: 'read every table for exact figures' }),
    watch: durationFlag({ exclusive: ['fields'], summary: 'redraw in place at this interval' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Stats);
    if (flags.watch !== undefined && (flags.json || flags.format !== 'table' || this.io.stdout.isTTY !== true)) {
      throw new MqdynError('E_USAGE', '--watch redraws a terminal: it needs one, and the table format');
    }
    if (flags.watch !== undefined && flags.watch < MIN_WATCH_MS) {
      throw new MqdynError('E_USAGE', '--watch needs 1s or more: every frame reads the clients and the map');
    }
    const place = this.placeIn(await this.open(flags));
    const read = async (quiet: boolean) => {
      const reader = await openReader(quiet ? { ...place, notice: () => undefined } : place, {
        whole: flags.scan ? TABLES : STATS_TABLES,
        keyed: TABLES,
      });
      return { reader, stats: await gatherStats(reader, { scan: flags.scan, now: place.now() }) };
    };
    if (flags.watch !== undefined) {
      const draw = async (options: OutputOptions) => this.sections((await read(true)).stats, place, options);
      return this.redraw(flags.watch, draw, flags);
    }
    const { reader, stats } = await read(false);
    const item = { ...statsItem(stats, place.now()), ...spentItem(reader) };
    await this.showReport(item, STATS_COLUMNS, (options) => this.sections(stats, place, options), flags);
    this.note(spentText(reader.spent));
  }

  private sections(stats: Gathered, place: Place, options: OutputOptions) {
    const { ids, topics, oldest } = stats.pending;
    const age = ageSeconds(oldest?.millis, place.now());
    const since =
      age === undefined ? '' : `; the oldest has been queued for ${ageText(String(age))}: ${oldest!.msgid} on ${oldest!.topic}`;
    const view = {
      tables: tableRows(stats),
      clients: stats.clients,
      pending: ids === 0 ? 'no queued messages' : `${ids} ids in ${topics} ${topics === 1 ? 'topic' : 'topics'}${since}`,
      byAge: ageRows(stats),
      hours: stats.hours.counts,
      days: stats.days.counts,
      nearest: stats.nearest.map(nearRow),
    };
    return statisticsSections(view, options);
  }
}
