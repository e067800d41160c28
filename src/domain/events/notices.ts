import type { Decoded } from './event.ts';
import type { EventFormat } from './format.ts';
import { isOld } from './retained.ts';

const NONE: readonly string[] = [];

/** What is to be said, once a run, about a record that was decoded to an event. `live`: events are read as they happen. */
export function noticesOf(decoded: Decoded, format: EventFormat | undefined, live: boolean): readonly string[] {
  if (!('event' in decoded)) return NONE;
  // nearly every record
  if (format?.notice === undefined && !decoded.untimed && !(live && format?.received)) return NONE;
  const notices: string[] = [];
  if (format?.notice !== undefined) notices.push(format.notice);
  if (decoded.untimed) {
    const time = live ? 'the time at which they are read' : "the time of the recording's file";
    notices.push(`records without a time get ${time}`);
  }
  const { event } = decoded;
  if (live && format?.received && event.hook === 'message.publish' && isOld(event.message)) {
    notices.push('retained messages arrive again whenever the recorder starts; --retained-as-old skip leaves them out');
  }
  return notices;
}
