import { writeUnits } from '../../domain/item.ts';
import { monthlyCost, type Capacity, type CostEstimate } from '../../domain/monthly-cost.ts';
import { PRICES_AS_OF, type Prices } from '../../domain/prices.ts';
import type { Stats } from '../../domain/views/stats.ts';
import type { Figures } from './table-reader.ts';

/** What the tables cost in a month, from the sizes and capacities that DynamoDB tells and the messages that wait. */
export function estimateCost(
  stats: Stats,
  figures: Figures,
  { region, prices, messagesPerDay }: { region: string; prices: Prices; messagesPerDay: number | undefined },
): CostEstimate {
  const bytes = stats.tables.reduce((sum, table) => sum + (table.bytes ?? 0), 0);
  const messages = stats.tables.find(({ table }) => table === 'mqtt_msg');
  const each = messages?.items ? (messages.bytes ?? 0) / messages.items : 0;
  const provisioned = totalCapacity(figures);
  const rate = messagesPerDay ?? queuedPerDay(stats.days.counts);
  const facts = { bytes, provisioned, messagesPerDay: rate, unitsPerMessage: writeUnits(each) + stats.unitsPerId };
  return {
    ...monthlyCost(facts, prices),
    region,
    asOf: PRICES_AS_OF,
    bytes,
    messagesPerDay: rate,
    fromQueue: messagesPerDay === undefined,
    isProvisioned: provisioned !== undefined,
  };
}

function totalCapacity(figures: Figures): Capacity | undefined {
  const all = [...figures.values()].map(({ capacity }) => capacity).filter((capacity) => capacity !== undefined);
  if (all.length === 0) return undefined;
  return all.reduce((sum, { read, write }) => ({ read: sum.read + read, write: sum.write + write }));
}

/** Messages a day since the first day of the last thirty on which one came that still waits. */
function queuedPerDay(days: readonly number[]): number {
  const first = days.findIndex((ids) => ids > 0);
  return first < 0 ? 0 : Math.round(days.reduce((sum, ids) => sum + ids, 0) / (days.length - first));
}
