import type { AttributeValue, Item } from '../../domain/item.ts';
import type { CostEstimate } from '../../domain/monthly-cost.ts';
import { isoText } from '../../domain/records/times.ts';
import type { Histogram } from '../../domain/topics/arrivals.ts';
import type { NearTopic, Stats } from '../../domain/views/stats.ts';
import { itemOf, listOf } from '../items.ts';
import { isoOrNull, shareOfLimit } from './topics.ts';

/** Statistics as one object. */
export function statsItem(stats: Stats, now: number): Item {
  const { ids, topics, oldest } = stats.pending;
  return {
    tables: listOf(sizeItems(stats)),
    clients: { M: itemOf(stats.clients) },
    pending: {
      M: itemOf({
        ids,
        topics,
        oldest: isoOrNull(oldest?.millis),
        oldestMsgid: oldest?.msgid ?? null,
        oldestTopic: oldest?.topic ?? null,
      }),
    },
    pendingByAge: listOf(ageItems(stats)),
    arrivals: { M: { hours: histogram(stats.hours, now), days: histogram(stats.days, now) } },
    topics: listOf(stats.nearest.map(nearItem)),
  };
}

/** For each table: items, bytes, and whether they were counted now. */
export function sizeItems({ tables }: Stats): Item[] {
  return tables.map(({ table, items, bytes, exact }) => itemOf({ table, items: items ?? null, bytes: bytes ?? null, exact }));
}

export function ageItems({ byAge }: Stats): Item[] {
  return byAge.map(({ age, ids }) => itemOf({ age, ids }));
}

/** A topic near to the limit: where it is and where it is heading. */
export function nearItem({ topic, tally, forecast }: NearTopic): Item {
  const { idsPerDay, daysLeft, nextPublishUnits } = forecast;
  return itemOf({
    topic,
    ids: tally.ids,
    bytes: tally.bytes,
    share: shareOfLimit(tally.bytes),
    idsPerDay: rounded(idsPerDay),
    daysLeft: rounded(daysLeft),
    nextPublishUnits,
  });
}

/** The estimate as the member of a JSON document; USD with two digits. */
export function costValue(cost: CostEstimate): AttributeValue {
  return {
    M: itemOf({
      region: cost.region,
      pricesAsOf: cost.asOf,
      currency: 'USD',
      bytes: cost.bytes,
      messagesPerDay: cost.messagesPerDay,
      writeUnits: cost.writeUnits,
      storage: usd(cost.storage),
      onDemand: usd(cost.onDemand + cost.storage),
      provisioned: usd(cost.provisioned + cost.storage),
      readCapacity: cost.capacity.read,
      writeCapacity: cost.capacity.write,
    }),
  };
}

function usd(value: number): number {
  return Number(value.toFixed(2));
}

/** Two digits below 10, whole numbers above. */
function rounded(value: number | undefined): number | null {
  if (value === undefined) return null;
  return value < 10 ? Number(value.toPrecision(2)) : Math.round(value);
}

/** Where a span starts, and how many of the waiting ids were made in it. */
function histogram({ spanMs, counts }: Histogram, now: number): AttributeValue {
  return listOf(counts.map((ids, index) => itemOf({ from: isoText(now - (counts.length - index) * spanMs), ids })));
}
