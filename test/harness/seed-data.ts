import { join } from 'node:path';
import { n, s, type AttributeValue, type Item } from '../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../src/domain/mqtt/msgid.ts';
import { TABLES, type TableName } from '../../src/domain/records/tables.ts';
import { Dynamo } from '../../src/dynamo/client.ts';
import { startEmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';

/** The time that the clock shows in tests that read the seed data: 2024-05-04 09:15:00 UTC. */
export const NOW = Date.UTC(2024, 4, 4, 9, 15);

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The msgid of a message published so many milliseconds before NOW; `tail` is its node, process and sequence. */
export function idOf(beforeMs: number, tail = 0x6e0b00001a2b0001n): string {
  return encodeMsgid(makeGuid(BigInt(NOW - beforeMs) * 1000n + 123n, tail));
}

/** Message ids by the state of the message. */
export const IDS = {
  waiting: idOf(DAY),
  /** Its text sorts before `waiting`'s, its time after it. */
  later: idOf(DAY - 7 * SECOND, 0x6e0b00001a2b0002n),
  gone: idOf(20 * HOUR),
  ackedByOther: idOf(19 * HOUR),
  ackedByClient: idOf(18 * HOUR),
  ackedEarlier: idOf(30 * HOUR),
  notInMap: idOf(17 * HOUR),
  empty: idOf(16 * HOUR),
  binary: idOf(15 * HOUR),
  replaced: idOf(14 * HOUR),
  /** Written by EMQX 3.x, with `arrived` in seconds. */
  seconds: 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD',
  bare: idOf(13 * HOUR),
  extra: idOf(12 * HOUR),
  control: idOf(11 * HOUR),
  shared: idOf(2 * HOUR),
  system: idOf(HOUR),
  unknown: idOf(40 * SECOND),
  retained: idOf(3 * DAY),
};

const message = (msgid: string, topic: string, more: Item = {}): Item => ({
  msgid: s(msgid),
  topic: s(topic),
  sender: s('sensor-17'),
  qos: n(1),
  retain: n(0),
  payload: s('{"t":21.5}'),
  arrived: n(1_714_727_730_250),
  ...more,
});

const client = (clientid: string, state: 0 | 1, node: string, onlineAt: number, offlineAt: number): Item => ({
  clientid: s(clientid),
  connect_state: n(state),
  node: s(node),
  online_at: n(onlineAt),
  offline_at: n(offlineAt),
});

const sub = (clientid: string, topic: string, qos: AttributeValue = n(1)): Item => ({
  clientid: s(clientid),
  topic: s(topic),
  qos,
});
const mapRow = (topic: string, ...ids: string[]): Item => ({ topic: s(topic), MsgId: { SS: ids } });
const ack = (topic: string, clientid: string, msgid: string): Item => ({
  topic: s(topic),
  clientid: s(clientid),
  msgid: s(msgid),
});

/** A topic whose ids came evenly over ten days. */
const CROWD = Array.from({ length: 120 }, (_, index) => idOf(10 * DAY - index * 100 * MINUTE, BigInt(index)));

/** Rows in every form that the backend, its versions and other programs leave in the tables, each at least once. */
export const SEED_DATA: Readonly<Record<TableName, readonly Item[]>> = {
  mqtt_client: [
    client('sensor-17', 1, 'emqx@10.0.0.5', NOW - 3 * HOUR, 0),
    client('panel-1', 0, 'emqx@10.0.0.5', NOW - 3 * DAY, NOW - 2 * DAY),
    client('panel-2', 1, 'emqx@10.0.0.6', NOW - 5 * MINUTE, 0),
    client('panel-4', 1, 'emqx@10.0.0.6', NOW - 90 * SECOND, 0),
    // EMQX 3.x wrote seconds
    client('gateway', 0, 'emqx@10.0.0.5', 1_562_308_000, 1_562_308_553),
    // the broker on this node never came back
    client('left-behind', 1, 'emqx@10.0.0.9', NOW - 400 * DAY, 0),
    // the row of a disconnect whose connect was never stored
    { clientid: s('half'), connect_state: n(0), offline_at: n(NOW - HOUR) },
    { clientid: s('odd'), connect_state: s('1'), node: n(7), online_at: s('yesterday'), note: s('by hand') },
    client('evil\u001b[31m\nname', 0, 'emqx@10.0.0.5', NOW - 2 * DAY, NOW - DAY),
    client('dev/42,a"b', 1, 'emqx@10.0.0.5', NOW - DAY, 0),
  ],
  mqtt_sub: [
    sub('panel-1', 'plant/a/temp'),
    sub('panel-1', 'plant/a/state', n(0)),
    sub('panel-1', 'plant/+/temp', n(2)),
    sub('panel-2', 'plant/#'),
    sub('panel-3', 'plant/a/temp', n(0)),
    sub('panel-4', 'plant/b/temp'),
    sub('panel-4', 'plant/list'),
    sub('worker-1', '$share/crew/jobs/new'),
    sub('sys-1', '$SYS/brokers'),
    sub('odd', 'plant/a/temp', s('1')),
    { clientid: s('bare'), topic: s('plant/a/temp') },
  ],
  mqtt_msg: [
    message(IDS.waiting, 'plant/a/temp'),
    message(IDS.later, 'plant/a/temp', { sender: s('sensor-18'), payload: s('up'), qos: n(2) }),
    message(IDS.notInMap, 'plant/a/temp', { qos: n(0) }),
    message(IDS.empty, 'plant/b/temp', { payload: s('') }),
    message(IDS.binary, 'plant/b/temp', { payload: { B: Buffer.from([0, 255, 254, 7]).toString('base64') } }),
    message(IDS.replaced, 'plant/b/temp', { payload: s('a\ufffd\ufffdb') }),
    message(IDS.seconds, 'testtopic', { arrived: n(1_562_308_553), payload: s('Hello world!') }),
    { msgid: s(IDS.bare) },
    message(IDS.extra, 'plant/b/temp', { ttl: n(1_714_900_000), sender: n(5) }),
    message(IDS.control, 'plant/b/temp', { payload: s('\u001b]0;gotcha\u0007') }),
    message(IDS.shared, 'jobs/new'),
    message(IDS.system, '$SYS/brokers'),
  ],
  mqtt_topic_msg_map: [
    mapRow('plant/a/temp', IDS.waiting, IDS.later, IDS.gone),
    mapRow('plant/b/temp', IDS.empty, IDS.binary, IDS.replaced, IDS.bare, IDS.extra, IDS.control, 'no-id'),
    mapRow('testtopic', IDS.seconds),
    mapRow('jobs/new', IDS.shared),
    mapRow('$SYS/brokers', IDS.system),
    // all its ids were acked
    { topic: s('plant/emptied') },
    // an importer wrote a list instead of a set
    { topic: s('plant/list'), MsgId: { L: [s(IDS.waiting)] } },
    mapRow('crowd', ...CROWD),
  ],
  mqtt_retain: [
    message(IDS.retained, 'plant/a/state', { qos: n(0), retain: n(1), payload: s('up'), arrived: n(NOW - 3 * DAY) }),
    message(IDS.seconds, 'plant/b/state', { retain: n(1), payload: s('{"on":true}'), arrived: n(1_562_308_553) }),
    message(idOf(9 * DAY), 'plant', { retain: n(1), payload: { B: 'AP/+Bw==' }, arrived: n(NOW - 9 * DAY) }),
    message(idOf(5 * DAY), '$SYS/state', { retain: n(1), payload: s('x'), arrived: n(NOW - 5 * DAY) }),
    { topic: s('bare/retained'), note: s('by hand') },
    message(idOf(4 * DAY), 'evil/\u202etopic', { retain: n(1), payload: s('\u001b[2J'), arrived: n(NOW - 4 * DAY) }),
  ],
  mqtt_acked: [
    ack('plant/a/temp', 'panel-2', IDS.ackedByOther),
    ack('plant/a/temp', 'panel-1', IDS.ackedByClient),
    { topic: s('plant/a/temp'), clientid: s('odd') },
  ],
};

/** Puts rows into the embedded engine of a data folder; the tables must be there. */
export async function seed(
  folder: string,
  rows: Readonly<Partial<Record<TableName, readonly Item[]>>> = SEED_DATA,
): Promise<void> {
  const engine = await startEmbeddedEngine(join(folder, 'dynamodb'));
  const credentials = { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' };
  const dynamo = new Dynamo({
    endpoint: engine.endpoint,
    region: 'local',
    label: folder,
    credentials,
    attempts: 3,
    concurrency: 4,
  });
  try {
    for (const table of TABLES) {
      const all = rows[table] ?? [];
      for (let start = 0; start < all.length; start += 25) {
        const puts = all.slice(start, start + 25).map((item) => ({ PutRequest: { Item: item } }));
        await dynamo.call('BatchWriteItem', { RequestItems: { [table]: puts } });
      }
    }
  } finally {
    dynamo.close();
    await engine.close();
  }
}
