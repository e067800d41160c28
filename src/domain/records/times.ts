import { numberOf, type Item } from '../item.ts';
import { decodeMsgid } from '../mqtt/msgid.ts';

/** The last moment that a JavaScript date can hold, in Unix milliseconds. */
const LAST_MILLIS = 8.64e15;

/**
 * Unix milliseconds of a stored time. Seconds, milliseconds and microseconds are told apart by size, per value, because an
 * upgraded store holds all of them. Undefined for 0 (never happened) and for what is no time.
 * Source: emqx_backend_dynamo 4.3.5, and the EMQX Enterprise 4.4 documentation, DynamoDB.
 */
export function storedMillis(digits: string): number | undefined {
  const value = Number(digits);
  if (!(value > 0)) return undefined;
  const millis = value < 1e11 ? value * 1000 : value < 1e14 ? value : value / 1000;
  return millis <= LAST_MILLIS ? millis : undefined;
}

/** Unix milliseconds of a time attribute; undefined when it is missing, of another type, or never happened. */
export function timeOf(item: Item, attribute: string): number | undefined {
  const digits = numberOf(item, attribute);
  return digits === undefined ? undefined : storedMillis(digits);
}

/** Unix milliseconds at which the broker made a message id; undefined when no broker made it. */
export function msgidMillis(msgid: string): number | undefined {
  const guid = decodeMsgid(msgid);
  if (guid === undefined) return undefined;
  const millis = Number(guid >> 64n) / 1000;
  return millis <= LAST_MILLIS ? millis : undefined;
}

/** When a stored message was published: by its id, or by `arrived` where the id tells nothing. Unix milliseconds. */
export function publishedMillis(msgid: string | undefined, item: Item | undefined): number | undefined {
  return (msgid === undefined ? undefined : msgidMillis(msgid)) ?? (item === undefined ? undefined : timeOf(item, 'arrived'));
}

/** Whole seconds from a moment until now; never below 0, as clocks differ. */
export function ageSeconds(millis: number | undefined, now: number): number | undefined {
  return millis === undefined ? undefined : Math.max(0, Math.floor((now - millis) / 1000));
}

/** `20240503T091525Z`, for names of files. */
export function stampText(millis: number): string {
  return isoText(millis).replace(/[-:]|\.\d+/g, '');
}

/** `2024-05-03T09:15:25.004Z`. */
export function isoText(millis: number): string {
  return new Date(millis).toISOString();
}
