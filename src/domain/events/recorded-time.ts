import type { Millis } from './event.ts';
import type { FieldReader } from './field-reader.ts';
import type { DecodeOptions } from './format.ts';

/** Date and time, fraction, and an offset that may come behind a stray `Z` (mosquitto 2.0.0 to 2.0.12 write local time so). */
const ISO_TIME = /^(\d{4}-\d\d-(\d\d)T\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?(?:([+-])([01]\d|2[0-3]):?([0-5]\d))?$/;

/** Unix microseconds of an ISO 8601 time, without an offset UTC; undefined when it is none, or a day that no month has. */
export function parseMicros(text: string): bigint | undefined {
  const match = ISO_TIME.exec(text);
  if (!match) return undefined;
  const date = new Date(`${match[1]}Z`);
  const millis = date.getTime();
  if (Number.isNaN(millis) || date.getUTCDate() !== Number(match[2])) return undefined;
  const offset = (Number(match[5] ?? 0) * 60 + Number(match[6] ?? 0)) * 60_000 * (match[4] === '-' ? -1 : 1);
  return BigInt(millis - offset) * 1000n + BigInt((match[3] ?? '').slice(0, 6).padEnd(6, '0'));
}

/** Members in which a recorder puts the time at which it received an event. */
const RECEIVED = ['received_at', 'receivedAt', 'timestamp', 'ts', 'time'] as const;

/**
 * When the recorder received an event that carries no time of its own: its `received_at` (ISO 8601, or Unix time), else the
 * time of the recording, or that of reading it as it happens. Without any the event is rejected.
 */
export function receivedAt(read: FieldReader, { fallbackMillis }: DecodeOptions): Millis {
  for (const name of RECEIVED) {
    const value = read.known(name);
    if (typeof value !== 'string' || !value.includes('T')) {
      if (value !== undefined) return read.millis(name);
      continue;
    }
    const micros = parseMicros(value);
    if (micros !== undefined && micros >= 0n) return Number(micros / 1000n);
    read.fail('field_value', `${name} is not a time`);
    return 0;
  }
  if (fallbackMillis === undefined) read.fail('field_missing', 'no time: neither the record nor the recording has one');
  read.untimed = true;
  return Math.floor(fallbackMillis ?? 0);
}
