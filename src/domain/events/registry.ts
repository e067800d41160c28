import { rejected, type Decoded, type Reject } from './event.ts';
import { unwrapped } from './envelope.ts';
import { exhook } from './exhook.ts';
import type { DecodeOptions, EventFormat } from './format.ts';
import { mosquitto } from './mosquitto.ts';
import { mqttx } from './mqttx.ts';
import type { JsonRecord, ReadRecord } from './record.ts';
import { isRejectRecord, rejectedRecord } from './rejects.ts';
import { ruleEngine } from './rule-engine.ts';
import { sys } from './sys.ts';
import { webhook } from './webhook.ts';

/** The reject file of an earlier replay: each line holds a record of any other format. */
const rejects: EventFormat = {
  name: 'rejects',
  detects: isRejectRecord,
  decode: (record, options) => decodeRecord(record, options).decoded,
};

/** Every format that a recording may have; `auto` asks them in this order. */
export const FORMATS: readonly EventFormat[] = [ruleEngine, webhook, exhook, mosquitto, mqttx, sys, rejects];

export const INPUT_FORMATS: readonly string[] = ['auto', ...FORMATS.map((format) => format.name)];

export function formatNamed(name: string): EventFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}

export function formatOf(record: JsonRecord): EventFormat | undefined {
  for (const format of FORMATS) if (format.detects(record)) return format;
  return undefined;
}

/** What a record came to, and the format that it was read as; undefined when it is of none. */
export type DecodedRecord = { format: EventFormat | undefined; decoded: Decoded };

/**
 * Reads one record: as the given format, or as the one that it can only be of. Records inside of others (a line of a reject
 * file, an event in the payload of a recorded message) are taken out first.
 */
export function decodeRecord(record: JsonRecord, options: DecodeOptions, as?: EventFormat): DecodedRecord {
  if (isRejectRecord(record)) {
    const inner = rejectedRecord(record);
    if ('reject' in inner) return { format: rejects, decoded: inner };
    return decodeRecord(inner.record, options, as === rejects ? undefined : as);
  }
  const format = as ?? formatOf(record);
  if (format === undefined || format === rejects) return { format, decoded: unknown(record) };
  if (as !== undefined && isEventFormat(as) && !as.detects(record)) {
    const inner = eventInMessage(record);
    if (inner !== undefined) return { format, decoded: 'reject' in inner ? inner : as.decode(inner.record, options) };
  }
  return { format, decoded: format.decode(record, options) };
}

/** A format of events that a broker may also republish to a topic, where a subscriber records them. */
function isEventFormat(format: EventFormat): boolean {
  return format === ruleEngine || format === webhook || format === exhook;
}

/** The payload of a recorded message, where the user says that it holds events. */
function eventInMessage(record: JsonRecord): ReadRecord | undefined {
  return mosquitto.detects(record) || mqttx.detects(record) ? unwrapped(record) : undefined;
}

function unknown({ fields }: JsonRecord): { reject: Reject } {
  const fromBridge = fields['client_id'] !== undefined && fields['ts'] !== undefined;
  if (!fromBridge) return rejected('unknown_event', 'the format of the record is unknown');
  return rejected('unknown_event', 'a record of the Kafka or Pulsar bridge does not say which event it is; only its topic did');
}
