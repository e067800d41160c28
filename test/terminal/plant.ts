import { Buffer } from 'node:buffer';
import { n, s, type Item } from '../../src/domain/item.ts';
import type { TableName } from '../../src/domain/records/tables.ts';
import { idOf, NOW, SEED_DATA } from '../harness/seed-data.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000];

const LINES = ['north/line-1', 'north/line-2', 'south/line-1'];

const each = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

/** Ids of messages that were published one after the other, so that their texts begin alike. */
const readings = each(18, (at) => ({ id: idOf(3 * HOUR - at * MINUTE, BigInt(4_096 + at)), line: LINES[at % 3]!, at }));

/** A topic that nobody acks: its item of the map is beyond 80 % of 400 KB. */
const counter = each(7_200, (at) => idOf(20 * 24 * HOUR - at * 4 * MINUTE, BigInt(9_000 + at)));

const MORE: Readonly<Record<TableName, readonly Item[]>> = {
  mqtt_client: each(24, (at) => {
    const online = at % 4 !== 0;
    return {
      clientid: s(`plant-building-7-${at < 12 ? 'press' : 'robot'}-${String((at % 12) + 1).padStart(3, '0')}`),
      connect_state: n(online ? 1 : 0),
      node: s(at % 2 === 0 ? 'emqx@10.0.0.5' : 'emqx@10.0.0.6'),
      online_at: n(NOW - (at + 1) * HOUR),
      offline_at: n(online ? 0 : NOW - at * MINUTE),
    };
  }),
  mqtt_sub: LINES.map((line) => ({ clientid: s('dashboard'), topic: s(`plant/${line}/temperature`), qos: n(1) })),
  mqtt_msg: readings.map(({ id, line, at }) => ({
    msgid: s(id),
    topic: s(`plant/${line}/temperature`),
    sender: s('undefined'),
    qos: n(1),
    retain: n(0),
    payload: s(`{"celsius":${20 + at / 4},"unit":"press-${at + 1}"}`),
    arrived: n(NOW - 3 * HOUR + at * MINUTE),
  })),
  mqtt_topic_msg_map: [
    ...LINES.map((line) => ({
      topic: s(`plant/${line}/temperature`),
      MsgId: { SS: readings.filter((reading) => reading.line === line).map(({ id }) => id) },
    })),
    { topic: s('plant/south/counter'), MsgId: { SS: counter } },
  ],
  mqtt_retain: [],
  mqtt_acked: [],
};

/** The seed data of the other tests and a plant beside it, large enough to be looked through. */
export const PLANT: Readonly<Record<TableName, readonly Item[]>> = Object.fromEntries(
  Object.entries(SEED_DATA).map(([table, items]) => [table, [...items, ...MORE[table as TableName]]]),
) as Record<TableName, Item[]>;

/** A recording with all that is usually wrong with one: text that is no JSON, payloads that are no text, an unknown kind. */
export function recording(): Buffer {
  const received = (at: number, topic: string, payload: string) =>
    JSON.stringify({
      tst: `2024-05-04T09:${10 + at}:00.000000Z+0000`,
      topic,
      qos: 1,
      retain: 0,
      payloadlen: payload.length,
      payload,
    });
  const lines = [
    ...each(8, (at) => received(at, `plant/north/line-${1 + (at % 2)}/pressure`, `3.${at}01`)),
    'connection lost',
    '{"event":"client.banned","clientid":"x"}',
    // mosquitto writes bytes as they are
    ...each(3, (at) => received(8 + at, 'cam/b/frame', '\xff\xd8\xfe')),
  ];
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}
