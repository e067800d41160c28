import { rejected } from './event.ts';
import { bufferJson } from './payload-encoding.ts';
import { asObject, readRecord, readRecordText, type JsonRecord, type ReadRecord } from './record.ts';
import { unescapedBytes } from '../mqtt/bytes.ts';

const DOLLAR = 0x24;

/**
 * The `$...` topic of a message that a subscriber recorded (mosquitto_sub, MQTTX, or bare topic and payload); undefined for
 * any other record. Such messages may carry an event of the broker in their payload.
 */
export function dollarTopic(fields: Record<string, unknown>): string | undefined {
  const topic = fields['topic'];
  if (typeof topic !== 'string' || topic.charCodeAt(0) !== DOLLAR) return undefined;
  return isEnvelope(fields) ? topic : undefined;
}

/** True for a recorder's wrapper around a payload, and for no event of a broker. */
function isEnvelope(fields: Record<string, unknown>): boolean {
  if (typeof fields['event'] === 'string' || typeof fields['action'] === 'string') return false;
  return fields['payload'] !== undefined || fields['tst'] !== undefined || fields['packet'] !== undefined;
}

/** Names of the rule engine's own topics: `$events/client_connected`, `$events/client/connected`, `$event/...`. */
const EVENT_TOPIC = /^\$events?\/([a-z]+)[_/]([a-z_]+)$/;

/** The kind of event that a message on `$events/...` carries; undefined for other topics. */
export function kindOfEventTopic(topic: string): string | undefined {
  const match = EVENT_TOPIC.exec(topic);
  return match ? `${match[1]}.${match[2]}` : undefined;
}

export type Presence = { node: string; clientid: string; change: string };

/** `$SYS/brokers/<node>/clients/<clientid>/<change>`, for gateways `$SYS/brokers/<node>/gateway/<name>/clients/...`. */
const PRESENCE_TOPIC =
  /^\$SYS\/brokers\/([^/]*)\/(?:gateway\/[^/]*\/)?clients\/(.*)\/(connected|disconnected|subscribed|unsubscribed)$/s;

/** What a presence topic says; a client id may hold slashes. Undefined for other topics. */
export function presenceOfTopic(topic: string): Presence | undefined {
  const match = PRESENCE_TOPIC.exec(topic);
  if (!match) return undefined;
  const [, node = '', clientid = '', change = ''] = match;
  return { node, clientid, change };
}

/** The record inside of a recorder's wrapper: the payload's exact bytes where it has them, else its text or JSON value. */
export function unwrapped({ fields, keepsBytes, arrivedMillis }: JsonRecord): ReadRecord {
  const payload = fields['payload'];
  const bytes = bufferJson(asObject(fields['packet'])?.['payload']) ?? bufferJson(payload);
  if (bytes !== undefined) return inPayload(readRecord(bytes), arrivedMillis);
  const value = asObject(payload);
  if (value !== undefined) return inPayload({ record: { fields: value, keepsBytes } }, arrivedMillis);
  if (typeof payload !== 'string') return rejected('field_missing', 'payload');
  if (keepsBytes && !payload.isWellFormed()) return inPayload(readRecord(unescapedBytes(payload)), arrivedMillis);
  return inPayload(readRecordText(payload, false), arrivedMillis);
}

/** A fault inside of the payload says so: its columns are not those of the line, and the line itself was whole. */
function inPayload(read: ReadRecord, arrivedMillis: number | undefined): ReadRecord {
  if ('record' in read) return arrivedMillis === undefined ? read : { record: { ...read.record, arrivedMillis } };
  const { reason, detail } = read.reject;
  return rejected(reason === 'json_syntax' ? 'field_value' : reason, `payload: ${detail}`);
}
