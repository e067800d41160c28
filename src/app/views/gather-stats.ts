import { queuedIds } from '../../domain/delivery/fetch.ts';
import { itemBytes, textOf, writeUnits, type Item } from '../../domain/item.ts';
import { clientState } from '../../domain/records/clients.ts';
import { TABLES, type TableName } from '../../domain/records/tables.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { Arrivals } from '../../domain/topics/arrivals.ts';
import { forecast } from '../../domain/topics/forecast.ts';
import { TopicTallies, type Tally } from '../../domain/topics/tally.ts';
import type { Stats, TableSize } from '../../domain/views/stats.ts';
import type { Figures, TableReader } from './table-reader.ts';

/** Tables that are read whole in any case: without them there is nothing to tell. */
export const STATS_TABLES: readonly TableName[] = ['mqtt_client', 'mqtt_topic_msg_map'];
const NEAREST = 10;

/** Reads the clients and the map whole, with `scan` every table. Keeps counts in memory, no items. */
export async function gatherStats(
  reader: TableReader & { figures: Figures },
  { scan, now }: { scan: boolean; now: number },
): Promise<Stats> {
  const sizes = new Map<TableName, { items: number; bytes: number }>();
  const itemsOf = async function* (table: TableName): AsyncGenerator<Item> {
    const size = { items: 0, bytes: 0 };
    for await (const block of reader.scan(table)) {
      for (const item of block) {
        size.items += 1;
        size.bytes += itemBytes(item);
        yield item;
      }
    }
    sizes.set(table, size);
  };
  const clients = { online: 0, offline: 0, unknown: 0 };
  for await (const item of itemsOf('mqtt_client')) clients[clientState(item)] += 1;
  const map = await readMap(itemsOf('mqtt_topic_msg_map'), now);
  if (scan) {
    for (const table of TABLES.filter((name) => !STATS_TABLES.includes(name))) for await (const _ of itemsOf(table));
  }
  const tables = TABLES.map((table): TableSize => {
    const exact = sizes.get(table);
    const figure = reader.figures.get(table);
    return { table, items: exact?.items ?? figure?.items, bytes: exact?.bytes ?? figure?.bytes, exact: exact !== undefined };
  });
  return { tables, clients, ...map };
}

async function readMap(items: AsyncIterable<Item>, now: number): Promise<Omit<Stats, 'tables' | 'clients'>> {
  const arrivals = new Arrivals(now);
  const pending: Stats['pending'] = { ids: 0, topics: 0, oldest: undefined };
  const nearest: { topic: string; tally: Tally }[] = [];
  let idUnits = 0;
  for await (const item of items) {
    const topic = textOf(item, 'topic') ?? '';
    const ids = queuedIds(item);
    if (ids.length > 0) pending.topics += 1;
    for (const msgid of ids) {
      const millis = msgidMillis(msgid);
      pending.ids += 1;
      arrivals.add(millis);
      if (millis !== undefined && millis < (pending.oldest?.millis ?? Infinity)) pending.oldest = { msgid, topic, millis };
    }
    idUnits += ids.length * writeUnits(itemBytes(item));
    const tallies = new TopicTallies();
    tallies.addMapItem(item);
    const tally = tallies.byTopic.get(topic);
    if (tally && tally.ids > 0) keepNearest(nearest, { topic, tally });
  }
  return {
    pending,
    byAge: arrivals.byAge(),
    hours: arrivals.hours,
    days: arrivals.days,
    unitsPerId: pending.ids === 0 ? 1 : idUnits / pending.ids,
    nearest: nearest.map(({ topic, tally }) => ({ topic, tally, forecast: forecast(tally, now) })),
  };
}

function keepNearest(nearest: { topic: string; tally: Tally }[], candidate: { topic: string; tally: Tally }): void {
  nearest.push(candidate);
  nearest.sort((a, b) => b.tally.bytes - a.tally.bytes || (a.topic < b.topic ? -1 : 1));
  if (nearest.length > NEAREST) nearest.pop();
}
