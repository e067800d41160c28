import { duplicateKey } from '../../domain/events/duplicate-key.ts';
import { rejected, type Decoded, type HookEvent } from '../../domain/events/event.ts';
import { topicOf } from '../../domain/events/facets.ts';
import { readRecord, readRecordText } from '../../domain/events/record.ts';
import { decodeRecord } from '../../domain/events/registry.ts';
import { topicMatches } from '../../domain/mqtt/topic.ts';
import type { Line } from '../../files/lines.ts';
import type { ReplayOptions } from './options.ts';

/** What a record holds, and what its format has to say of itself. `fallbackMillis` is the time of records that tell none. */
export function decodeLine(
  line: Line,
  fallbackMillis: number | undefined,
  options: ReplayOptions,
): { decoded: Decoded; notice?: string | undefined } {
  if (line.tooLong) return { decoded: rejected('line_too_long', `${line.tooLong.length} bytes`) };
  const read = line.text === undefined ? readRecord(line.bytes) : readRecordText(line.text, false);
  if ('reject' in read) return { decoded: read };
  const twice = options.strict ? duplicateKey(line.bytes.toString('utf8')) : undefined;
  if (twice !== undefined) return { decoded: rejected('duplicate_key', twice) };
  const { node, payloadEncoding, ignoreUnknown } = options;
  const { format, decoded } = decodeRecord(read.record, { node, payloadEncoding, fallbackMillis }, options.format);
  const ignored = ignoreUnknown && 'reject' in decoded && decoded.reject.reason === 'unknown_event';
  if (ignored) return { decoded: { skip: decoded.reject.detail } };
  return { decoded, notice: 'event' in decoded ? format?.notice : undefined };
}

/** Whether --topic leaves an event. */
export function isWanted(event: HookEvent, topic: string | undefined): boolean {
  if (topic === undefined) return true;
  const name = topicOf(event);
  return name !== undefined && topicMatches(name, topic);
}
