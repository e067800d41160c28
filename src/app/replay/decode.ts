import { duplicateKey } from '../../domain/json/duplicate-key.ts';
import { rejected, type Decoded, type HookEvent } from '../../domain/events/event.ts';
import { noticesOf } from '../../domain/events/notices.ts';
import { topicOf } from '../../domain/events/facets.ts';
import { readRecord, readRecordText } from '../../domain/events/record.ts';
import { decodeRecord } from '../../domain/events/registry.ts';
import { topicMatches } from '../../domain/mqtt/topic.ts';
import type { Line } from '../../files/lines.ts';
import type { OpenInput } from './inputs.ts';
import type { ReplayOptions } from './options.ts';

/** What a record holds, what there is to say of it once, and whether a subscriber recorded it. */
export type DecodedLine = { decoded: Decoded; notices: readonly string[]; received: boolean };

export function decodeLine(line: Line, input: OpenInput, options: ReplayOptions): DecodedLine {
  if (line.tooLong) return refused(rejected('line_too_long', `${line.tooLong.length} bytes`));
  const read = line.text === undefined ? readRecord(line.bytes) : readRecordText(line.text, false);
  if ('reject' in read) return refused(read);
  const twice = options.strict ? duplicateKey(line.bytes.toString('utf8')) : undefined;
  if (twice !== undefined) return refused(rejected('duplicate_key', twice));
  const { node, payloadEncoding, retainedAsOld, ignoreUnknown, shard } = options;
  // the parts of a pipe read it at times of their own, and would make other ids of the same record
  const fallbackMillis = input.live && shard !== undefined ? undefined : input.fallbackMillis;
  const { arrivedMillis } = input;
  const record = arrivedMillis === undefined ? read.record : { ...read.record, arrivedMillis };
  const { format, decoded } = decodeRecord(record, { node, payloadEncoding, retainedAsOld, fallbackMillis }, options.format);
  const ignored = ignoreUnknown && 'reject' in decoded && decoded.reject.reason === 'unknown_event';
  if (ignored) return refused({ skip: decoded.reject.detail });
  return { decoded, notices: noticesOf(decoded, format, input.live), received: format?.received === true };
}

function refused(decoded: Decoded): DecodedLine {
  return { decoded, notices: [], received: false };
}

/** Whether --topic leaves an event. */
export function isWanted(event: HookEvent, topic: string | undefined): boolean {
  if (topic === undefined) return true;
  const name = topicOf(event);
  return name !== undefined && topicMatches(name, topic);
}
