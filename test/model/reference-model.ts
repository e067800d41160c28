/**
 * What the backend leaves in its six tables, computed the plain way: one event at a time, nothing folded, nothing parallel,
 * straight from the description of the actions. It shares no code with the program but the encoding of message ids, which has
 * vectors of its own.
 */
import { encodeMsgid } from '../../src/domain/mqtt/msgid.ts';

export type Value = { S: string } | { N: string } | { SS: string[] };
export type Row = Record<string, Value>;

/** One event as the rule engine of EMQX records it. */
export type RuleEvent = {
  event: string;
  id?: string;
  clientid?: string;
  topic?: string;
  qos?: number;
  flags?: { retain?: boolean };
  payload?: string;
  reason?: string;
  node?: string;
  timestamp?: number;
  publish_received_at?: number;
};

const TABLES = ['mqtt_client', 'mqtt_sub', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'] as const;
export type Table = (typeof TABLES)[number];

/** Size of an item in bytes, as far as a topic's set goes: names and texts. */
const MAX_ROW_BYTES = 409_600;

export class ReferenceModel {
  readonly tables: Record<Table, Map<string, Row>> = {
    mqtt_client: new Map(),
    mqtt_sub: new Map(),
    mqtt_msg: new Map(),
    mqtt_topic_msg_map: new Map(),
    mqtt_retain: new Map(),
    mqtt_acked: new Map(),
  };
  /** Positions of events whose id no longer fitted into its topic's set. */
  readonly full: number[] = [];
  private position = -1;

  apply(event: RuleEvent): void {
    this.position += 1;
    switch (event.event) {
      case 'client.connected':
        return this.connected(event);
      case 'client.disconnected':
        return this.disconnected(event);
      case 'session.unsubscribed':
        return this.remove('mqtt_acked', [event.topic!, event.clientid!]);
      case 'message.publish':
        return this.published(event);
      case 'message.acked':
        return this.acked(event);
      default:
    }
  }

  applyAll(events: readonly RuleEvent[]): this {
    for (const event of events) this.apply(event);
    return this;
  }

  /** Rows of all tables as comparable texts, without topics that have no ids. */
  rows(): string[] {
    return TABLES.flatMap((table) => comparableRows(table, [...this.tables[table].values()])).sort();
  }

  private connected({ clientid, node, timestamp }: RuleEvent): void {
    this.put('mqtt_client', [clientid!], {
      clientid: { S: clientid! },
      connect_state: { N: '1' },
      node: { S: node ?? 'undefined' },
      online_at: { N: seconds(timestamp!) },
      offline_at: { N: '0' },
    });
  }

  private disconnected({ clientid, timestamp, reason }: RuleEvent): void {
    if (reason === 'takeovered' || reason === 'takenover' || reason === 'discarded') return;
    const before = this.tables.mqtt_client.get(key([clientid!])) ?? { clientid: { S: clientid! } };
    this.put('mqtt_client', [clientid!], { ...before, connect_state: { N: '0' }, offline_at: { N: seconds(timestamp!) } });
  }

  private published({ id, topic, clientid, qos, flags, payload, publish_received_at: time }: RuleEvent): void {
    const retain = flags?.retain === true;
    const empty = payload === '';
    const msgid = encodeMsgid(BigInt(`0x${id!}`));
    const row: Row = {
      msgid: { S: msgid },
      topic: { S: topic! },
      sender: { S: clientid ?? 'undefined' },
      qos: { N: String(qos) },
      retain: { N: retain ? '1' : '0' },
      payload: { S: payload! },
      arrived: { N: seconds(time!) },
    };
    if (retain && empty) return this.remove('mqtt_retain', [topic!]);
    if (retain) this.put('mqtt_retain', [topic!], row);
    if (qos === 0) return;
    this.put('mqtt_msg', [msgid], row);
    this.addId(topic!, msgid);
  }

  private acked({ id, topic, clientid }: RuleEvent): void {
    const msgid = encodeMsgid(BigInt(`0x${id!}`));
    this.put('mqtt_acked', [topic!, clientid!], { topic: { S: topic! }, clientid: { S: clientid! }, msgid: { S: msgid } });
    this.remove('mqtt_msg', [msgid]);
    const row = this.tables.mqtt_topic_msg_map.get(key([topic!]));
    const left = (row?.['MsgId'] as { SS: string[] } | undefined)?.SS.filter((one) => one !== msgid) ?? [];
    if (left.length > 0) this.put('mqtt_topic_msg_map', [topic!], { topic: { S: topic! }, MsgId: { SS: left } });
    else this.remove('mqtt_topic_msg_map', [topic!]);
  }

  private addId(topic: string, msgid: string): void {
    const row = this.tables.mqtt_topic_msg_map.get(key([topic]));
    const ids = (row?.['MsgId'] as { SS: string[] } | undefined)?.SS ?? [];
    if (ids.includes(msgid)) return;
    const bytes = 'topicMsgId'.length + Buffer.byteLength(topic) + ids.reduce((sum, one) => sum + one.length, 0);
    if (bytes + msgid.length > MAX_ROW_BYTES) this.full.push(this.position);
    else this.put('mqtt_topic_msg_map', [topic], { topic: { S: topic }, MsgId: { SS: [...ids, msgid] } });
  }

  private put(table: Table, parts: string[], row: Row): void {
    this.tables[table].set(key(parts), row);
  }

  private remove(table: Table, parts: string[]): void {
    this.tables[table].delete(key(parts));
  }
}

/** Rows of one table as texts: attributes and sets sorted, topics without ids left out (engines differ there). */
export function comparableRows(table: string, rows: readonly object[]): string[] {
  return rows
    .map((row) => row as Row)
    .filter((row) => table !== 'mqtt_topic_msg_map' || row['MsgId'] !== undefined)
    .map((row) => {
      const members = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
      return `${table} ${JSON.stringify(members.map(([name, value]) => [name, 'SS' in value ? { SS: value.SS.toSorted() } : value]))}`;
    });
}

function key(parts: string[]): string {
  return JSON.stringify(parts);
}

function seconds(millis: number): string {
  return String(Math.floor(millis / 1000));
}
