import { n, s, type Item } from '../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../src/domain/mqtt/msgid.ts';
import type { TableName } from '../../src/domain/records/tables.ts';

/** The moment at which the damaged tables are looked at: 2024-05-04 09:15:00 UTC. */
export const DAMAGE_NOW = Date.UTC(2024, 4, 4, 9, 15);

const HOUR = 3_600_000;

type Rows = Record<TableName, Item[]>;

/** Makes ids, topics and clients that are never the same twice. */
class Names {
  private next = 0;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  id(beforeMs = 24 * HOUR): string {
    this.next += 1;
    return encodeMsgid(
      makeGuid(BigInt(DAMAGE_NOW - beforeMs) * 1_000n + BigInt(this.next), BigInt(this.seed * 65_536 + this.next)),
    );
  }

  topic(): string {
    this.next += 1;
    return `plant/${this.seed}/${this.next}`;
  }

  client(): string {
    this.next += 1;
    return `client-${this.seed}-${this.next}`;
  }
}

const message = (msgid: string, topic: string, more: Item = {}): Item => ({
  msgid: s(msgid),
  topic: s(topic),
  sender: s('sensor-1'),
  qos: n(1),
  retain: n(0),
  payload: s('{"t":21.5}'),
  arrived: n(DAMAGE_NOW - 24 * HOUR),
  ...more,
});

const client = (clientid: string, more: Item = {}): Item => ({
  clientid: s(clientid),
  connect_state: n(1),
  node: s('emqx@10.0.0.5'),
  online_at: n(DAMAGE_NOW - HOUR),
  offline_at: n(0),
  ...more,
});

const sub = (clientid: string, topic: string, qos = 1): Item => ({ clientid: s(clientid), topic: s(topic), qos: n(qos) });
const ack = (topic: string, clientid: string, msgid: string): Item => ({
  topic: s(topic),
  clientid: s(clientid),
  msgid: s(msgid),
});
const listed = (topic: string, ...ids: string[]): Item => ({ topic: s(topic), MsgId: { SS: ids } });

/** Ways to damage tables: what each adds, and the findings that it makes, by check. */
type Damage = (names: Names, rows: Rows) => Record<string, number>;

/** One way for every check, and some for what looks like damage and is none. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  sound: (names, rows) => {
    const [topic, id, who] = [names.topic(), names.id(), names.client()];
    rows.mqtt_msg.push(message(id, topic));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    rows.mqtt_client.push(client(who));
    rows.mqtt_sub.push(sub(who, topic));
    rows.mqtt_acked.push(ack(topic, who, id));
    const retained = names.topic();
    rows.mqtt_retain.push(message(names.id(), retained, { retain: n(1), qos: n(0) }));
    return {};
  },
  inFlight: (names, rows) => {
    const topic = names.topic();
    rows.mqtt_msg.push(message(names.id(60_000), topic));
    rows.mqtt_topic_msg_map.push(listed(topic, names.id(30_000)));
    return {};
  },
  halfClient: (names, rows) => {
    rows.mqtt_client.push({ clientid: s(names.client()), connect_state: n(0), offline_at: n(DAMAGE_NOW - HOUR) });
    return {};
  },
  gone: (names, rows) => {
    const topic = names.topic();
    const id = names.id();
    rows.mqtt_topic_msg_map.push(listed(topic, id, names.id(), names.id()));
    rows.mqtt_msg.push(message(id, topic));
    return { map_id_without_message: 2 };
  },
  unlisted: (names, rows) => {
    const topic = names.topic();
    rows.mqtt_msg.push(message(names.id(), topic), message(names.id(), topic, { qos: n(2) }));
    return { message_without_id: 2 };
  },
  storeOnly: (names, rows) => {
    rows.mqtt_msg.push(message(names.id(), names.topic(), { qos: n(0) }), message(names.id(), '$SYS/brokers'));
    return { message_store_only: 2 };
  },
  otherTopic: (names, rows) => {
    const [topic, own, id] = [names.topic(), names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, own));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    return { message_of_other_topic: 1, message_without_id: 1 };
  },
  twoTopics: (names, rows) => {
    const [topic, own, id] = [names.topic(), names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, own));
    rows.mqtt_topic_msg_map.push(listed(topic, id), listed(own, id));
    return { id_in_two_topics: 1 };
  },
  emptyMap: (names, rows) => {
    rows.mqtt_topic_msg_map.push({ topic: s(names.topic()) });
    return { map_empty: 1 };
  },
  listInMap: (names, rows) => {
    const [topic, id] = [names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, topic));
    rows.mqtt_topic_msg_map.push({ topic: s(topic), MsgId: { L: [s(id)] } }, { topic: s(names.topic()), MsgId: n(5) });
    return { map_type: 2 };
  },
  badId: (names, rows) => {
    const topic = names.topic();
    rows.mqtt_msg.push(message(`bad-${topic}`, topic));
    rows.mqtt_topic_msg_map.push(listed(topic, `bad-${topic}`));
    return { msgid_invalid: 2 };
  },
  futureId: (names, rows) => {
    const [topic, id] = [names.topic(), names.id(-30 * 24 * HOUR)];
    rows.mqtt_msg.push(message(id, topic));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    return { msgid_future: 2 };
  },
  nearLimit: (names, rows) => {
    const [topic, id] = [names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, topic));
    rows.mqtt_topic_msg_map.push({ ...listed(topic, id), padding: s('x'.repeat(350_000)) });
    return { topic_near_limit: 1, unknown_attribute: 1 };
  },
  strangerAck: (names, rows) => {
    rows.mqtt_acked.push(ack(names.topic(), names.client(), names.id()));
    return { ack_of_unknown_client: 1 };
  },
  behind: (names, rows) => {
    const [topic, id, who] = [names.topic(), names.id(), names.client()];
    rows.mqtt_msg.push(message(id, topic));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    rows.mqtt_client.push(client(who));
    rows.mqtt_acked.push(ack(topic, who, names.id(48 * HOUR)));
    return { ack_behind_queue: 1 };
  },
  retained: (names, rows) => {
    rows.mqtt_retain.push(
      message(names.id(), names.topic()),
      message(names.id(), names.topic(), { retain: n(1), payload: s('') }),
      message(names.id(), `${names.topic()}/+`, { retain: n(1) }),
    );
    return { retained_flag: 1, retained_empty: 1, retained_wildcard: 1 };
  },
  subscriptions: (names, rows) => {
    rows.mqtt_sub.push(
      sub(names.client(), `a#/${names.topic()}`),
      sub(names.client(), names.topic(), 3),
      sub(names.client(), names.topic(), 0),
      sub(names.client(), `${names.topic()}/#`),
    );
    return { sub_filter_invalid: 1, sub_qos_invalid: 1, sub_fetches_nothing: 2 };
  },
  ghost: (names, rows) => {
    rows.mqtt_client.push(
      client(names.client(), { node: s(`gone@${names.client()}`), online_at: n(DAMAGE_NOW - 400 * 24 * HOUR) }),
    );
    return { ghost_client: 1 };
  },
  seconds: (names, rows) => {
    rows.mqtt_client.push(
      client(names.client(), { connect_state: n(0), online_at: n(1_562_308_000), offline_at: n(1_562_308_553) }),
    );
    return { time_unit: 2 };
  },
  incomplete: (names, rows) => {
    const [topic, id] = [names.topic(), names.id()];
    const { payload: _, sender: __, ...rest } = message(id, topic);
    rows.mqtt_msg.push(rest);
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    return { missing_attribute: 2 };
  },
  types: (names, rows) => {
    const [topic, id] = [names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, topic, { arrived: s('1714727730250'), retain: s('0'), payload: { B: 'AP8=' } }));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    return { attribute_type: 3 };
  },
  values: (names, rows) => {
    const [topic, id] = [names.topic(), names.id()];
    rows.mqtt_msg.push(message(id, topic, { qos: n(7) }));
    rows.mqtt_topic_msg_map.push(listed(topic, id));
    rows.mqtt_client.push(client(names.client(), { connect_state: n(2) }));
    return { attribute_value: 2 };
  },
  foreign: (names, rows) => {
    rows.mqtt_client.push(client(names.client(), { note: s('by hand') }));
    return { unknown_attribute: 1 };
  },
  // several faults of one item are mended by one change
  together: (names, rows) => {
    rows.mqtt_retain.push(message(names.id(), names.topic(), { retain: s('0'), qos: s('1') }));
    return { attribute_type: 2 };
  },
};

/** What is left of each damage after --fix, where that is not nothing. */
export const LEFT_AFTER_FIX: Readonly<Record<string, Record<string, number>>> = {
  storeOnly: { message_store_only: 2 },
  listInMap: { map_type: 1 },
  badId: { msgid_invalid: 2 },
  futureId: { msgid_future: 2 },
  nearLimit: { topic_near_limit: 1, unknown_attribute: 1 },
  behind: { ack_behind_queue: 1 },
  subscriptions: { sub_filter_invalid: 1, sub_qos_invalid: 1, sub_fetches_nothing: 2 },
  ghost: { ghost_client: 1 },
  seconds: { time_unit: 2 },
  incomplete: { missing_attribute: 2 },
  types: { attribute_type: 1 },
  values: { attribute_value: 2 },
  foreign: { unknown_attribute: 1 },
};

export type Damaged = { rows: Rows; found: Record<string, number>; left: Record<string, number> };

/** Tables with each of the named damages as often as `times` says, and what doctor must find before and after --fix. */
export function damaged(names: readonly string[], seed = 1): Damaged {
  const maker = new Names(seed);
  const rows: Rows = { mqtt_client: [], mqtt_sub: [], mqtt_msg: [], mqtt_topic_msg_map: [], mqtt_retain: [], mqtt_acked: [] };
  // two nodes are alive, so that one that is not can be told
  for (const node of ['emqx@10.0.0.5', 'emqx@10.0.0.6']) {
    for (let at = 0; at < 2; at += 1) rows.mqtt_client.push(client(maker.client(), { node: s(node) }));
  }
  const found: Record<string, number> = {};
  const left: Record<string, number> = {};
  for (const name of names) {
    add(found, DAMAGES[name]!(maker, rows));
    add(left, LEFT_AFTER_FIX[name] ?? {});
  }
  return { rows, found, left };
}

function add(sum: Record<string, number>, more: Record<string, number>): void {
  for (const [check, count] of Object.entries(more)) sum[check] = (sum[check] ?? 0) + count;
}
