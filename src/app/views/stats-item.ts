import { n, s, type AttributeValue, type Item } from '../../domain/item.ts';
import { isoText } from '../../domain/records/times.ts';
import type { Histogram } from '../../domain/topics/arrivals.ts';
import type { NearTopic, Stats } from './gather-stats.ts';
import { shareOfLimit, time } from './list-topics.ts';

const NOTHING: AttributeValue = { NULL: true };

/** Statistics as one object. */
export function statsItem(stats: Stats, now: number): Item {
  const { oldest } = stats.pending;
  return {
    tables: list(tableRows(stats)),
    clients: map({ online: n(stats.clients.online), offline: n(stats.clients.offline), unknown: n(stats.clients.unknown) }),
    pending: map({
      ids: n(stats.pending.ids),
      topics: n(stats.pending.topics),
      oldest: oldest === undefined ? NOTHING : time(oldest.millis),
      oldestMsgid: oldest === undefined ? NOTHING : s(oldest.msgid),
      oldestTopic: oldest === undefined ? NOTHING : s(oldest.topic),
    }),
    pendingByAge: list(ageRows(stats)),
    arrivals: map({ hours: histogram(stats.hours, now), days: histogram(stats.days, now) }),
    topics: list(stats.nearest.map(nearRow)),
  };
}

/** A row a table: items, bytes, and whether they were counted now. */
export function tableRows({ tables }: Stats): Item[] {
  return tables.map(({ table, items, bytes, exact }) => ({
    table: s(table),
    items: items === undefined ? NOTHING : n(items),
    bytes: bytes === undefined ? NOTHING : n(bytes),
    exact: { BOOL: exact },
  }));
}

export function ageRows({ byAge }: Stats): Item[] {
  return byAge.map(({ age, ids }) => ({ age: s(age), ids: n(ids) }));
}

/** A topic near to the limit: where it is and where it is heading. */
export function nearRow({ topic, tally, forecast }: NearTopic): Item {
  const { idsPerDay, daysLeft, nextPublishUnits } = forecast;
  return {
    topic: s(topic),
    ids: n(tally.ids),
    bytes: n(tally.bytes),
    share: n(shareOfLimit(tally.bytes)),
    idsPerDay: rounded(idsPerDay),
    daysLeft: rounded(daysLeft),
    nextPublishUnits: n(nextPublishUnits),
  };
}

/** Two digits below 10, whole numbers above. */
function rounded(value: number | undefined): AttributeValue {
  if (value === undefined) return NOTHING;
  return n(value < 10 ? Number(value.toPrecision(2)) : Math.round(value));
}

/** Where a span starts, and how many of the waiting ids were made in it. */
function histogram({ spanMs, counts }: Histogram, now: number): AttributeValue {
  return list(counts.map((ids, index) => ({ from: s(isoText(now - (counts.length - index) * spanMs)), ids: n(ids) })));
}

function list(rows: readonly Item[]): AttributeValue {
  return { L: rows.map(map) };
}

function map(item: Item): AttributeValue {
  return { M: item };
}
