import { Flags } from '@oclif/core';
import { gatherStats, STATS_TABLES } from '../app/views/gather-stats.ts';
import { estimateCost } from '../app/views/estimate-cost.ts';
import { openReader } from '../app/views/open-reader.ts';
import type { ReadContext } from '../app/views/table-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { spentText } from '../cli/show-items.ts';
import { isLocal, type Target } from '../cli/target/target.ts';
import { requireWatchable, watchFlag } from '../cli/watch.ts';
import { MqdynError } from '../domain/errors.ts';
import { MAX_ITEM_BYTES } from '../domain/item.ts';
import { PRICES, type Prices } from '../domain/prices.ts';
import { ageSeconds } from '../domain/records/times.ts';
import { TABLES } from '../domain/records/tables.ts';
import type { Stats as Gathered } from '../domain/views/stats.ts';
import { ageText, shareText } from '../output/cell-kinds.ts';
import { fieldNames, STATS_COLUMNS } from '../output/columns.ts';
import type { OutputOptions } from '../output/document.ts';
import { costSections } from '../output/cost.ts';
import { statisticsSections, type StatisticsView } from '../output/statistics.ts';
import { spentItem } from '../output/views/reads.ts';
import { ageItems, costValue, nearItem, sizeItems, statsItem } from '../output/views/stats.ts';
import { watchedSections } from '../output/watched-statistics.ts';

/** `80%` or `80`: a share of 400 KB. */
const percentFlag = Flags.custom<number>({
  helpValue: 'PERCENT',
  parse: async (input) => {
    const digits = /^(\d+(?:\.\d+)?)%?$/.exec(input)?.[1];
    if (digits === undefined) throw new MqdynError('E_USAGE', `invalid share "${input}"; use a percentage such as 80%`);
    return Number(digits) / 100;
  },
});

export default class Stats extends BaseCommand {
  static override summary = 'sizes, ages, and how close every topic is to 400 KB';
  static override description = `Reads the clients and the map; the sizes of the other tables are DynamoDB's own, up to six hours old, unless --scan counts them.
An item of the map holds 400 KB, 8,714 ids at the most; then the ids of further messages are lost. WCU is what the next publish costs.

--json has tables (table, items, bytes, exact), clients (online, offline, unknown), pending (ids, topics, oldest, oldestMsgid,
oldestTopic), pendingByAge (age, ids), arrivals (hours, days: from, ids), topics (topic, ids, bytes, share, idsPerDay, daysLeft,
nextPublishUnits), scannedCount and consumedCapacity. idsPerDay is the average since the oldest id that waits. --cost adds cost
(USD a month by list prices of one day: storage, onDemand, provisioned); an estimate, not a bill.`;
  static override fields = fieldNames(STATS_COLUMNS);
  static override examples = [
    '<%= config.bin %> stats',
    '<%= config.bin %> stats --scan --json',
    '<%= config.bin %> stats --watch 5s',
    '<%= config.bin %> stats --fail-over 80%',
    '<%= config.bin %> stats --cost --region us-east-1 --messages-per-day 100000',
  ];
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    scan: Flags.boolean({ summary: 'read every table for exact figures' }),
    watch: { ...watchFlag, exclusive: ['fields'] },
    'fail-over': percentFlag({
      exclusive: ['watch'],
      summary: 'exit 1 when a topic is beyond this share of 400 KB, such as 80%',
    }),
    cost: Flags.boolean({ exclusive: ['watch'], summary: 'estimate of the monthly cost, on-demand against provisioned' }),
    'messages-per-day': Flags.integer({
      min: 0,
      helpValue: 'N',
      dependsOn: ['cost'],
      summary: 'published with QoS 1 or 2; from what waits when left out',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Stats);
    requireWatchable(flags, this.io);
    if (flags.region !== undefined && flags.cost) pricesOf(flags.region);
    const session = await this.open(flags);
    const context = this.readContext(session);
    const region = flags.region ?? billedRegion(session.target);
    const priced = flags.cost ? pricesOf(region) : undefined;
    // the embedded engine keeps no figures
    const scan = flags.scan || session.target.kind === 'embedded';
    const read = async (quiet: boolean) => {
      const reader = await openReader(quiet ? { ...context, notice: () => undefined } : context, {
        whole: scan ? TABLES : STATS_TABLES,
        keyed: TABLES,
      });
      return { reader, stats: await gatherStats(reader, { scan, now: context.now() }) };
    };
    if (flags.watch !== undefined) {
      const draw = async (options: OutputOptions) => {
        const view = this.view((await read(true)).stats, context);
        // the clock and the cursor have a line each
        return watchedSections(view, options, (this.io.stdout.rows || Infinity) - 2);
      };
      return this.redraw(flags.watch, draw, flags);
    }
    const { reader, stats } = await read(false);
    const messagesPerDay = flags['messages-per-day'];
    const cost = priced && estimateCost(stats, reader.figures, { ...priced, messagesPerDay });
    const item = { ...statsItem(stats, context.now()), ...(cost && { cost: costValue(cost) }), ...spentItem(reader.spent) };
    const sections = (options: OutputOptions) => [
      ...statisticsSections(this.view(stats, context), options),
      ...(cost ? costSections(cost, options) : []),
    ];
    await this.showReport(item, STATS_COLUMNS, sections, flags);
    this.note(spentText(reader.spent));
    this.failOver(stats, flags['fail-over']);
  }

  /** Exit 1 when a topic is beyond a share of 400 KB. */
  private failOver({ nearest }: Gathered, limit: number | undefined): void {
    const [first] = nearest;
    if (first === undefined || limit === undefined) return;
    const share = first.tally.bytes / MAX_ITEM_BYTES;
    if (share <= limit) return;
    this.note(`${first.topic} is at ${shareText(String(share))} of 400 KB, beyond ${shareText(String(limit))}`);
    this.exit(1);
  }

  private view(stats: Gathered, context: ReadContext): StatisticsView {
    const { ids, topics, oldest } = stats.pending;
    const age = ageSeconds(oldest?.millis, context.now());
    return {
      tables: sizeItems(stats),
      clients: stats.clients,
      pending: ids === 0 ? 'no queued messages' : `${ids} ids in ${topics} ${topics === 1 ? 'topic' : 'topics'}`,
      oldest:
        oldest === undefined || age === undefined
          ? undefined
          : `the oldest has been queued for ${ageText(String(age))}: ${oldest.msgid} on ${oldest.topic}`,
      byAge: ageItems(stats),
      hours: stats.hours.counts,
      days: stats.days.counts,
      nearest: stats.nearest.map(nearItem),
    };
  }
}

/** The region whose prices count; none for an engine of one's own. */
function billedRegion(target: Target): string | undefined {
  return isLocal(target) || target.kind === 'embedded' ? undefined : target.region;
}

function pricesOf(region: string | undefined): { region: string; prices: Prices } {
  const known = Object.keys(PRICES).join(', ');
  if (region === undefined) throw new MqdynError('E_USAGE', '--cost needs a region', { hint: `Add --region: ${known}.` });
  const prices = Object.hasOwn(PRICES, region) ? PRICES[region] : undefined;
  if (prices !== undefined) return { region, prices };
  throw new MqdynError('E_USAGE', `--cost: the prices of ${region} are not known here`, { hint: `Known: ${known}.` });
}
