import type { AttributeValue } from '../domain/item.ts';
import { shownPayload } from '../domain/mqtt/payload-form.ts';
import { escapeControls } from './escape.ts';
import { plainJson } from '../domain/json/plain-json.ts';

/** `2024-05-03 09:15:30Z` of an ISO time. */
export function isoText(time: string): string {
  return escapeControls(time.replace('T', ' ').replace(/\.\d+Z$/, 'Z'));
}

export function agoText(time: string, now: number): string {
  const millis = Date.parse(time);
  return Number.isNaN(millis) ? escapeControls(time) : ageText(String(Math.max(0, Math.floor((now - millis) / 1000))));
}

/** Text and JSON as they are, other bytes as hex or base64 with their number in front. */
export function payloadText(value: AttributeValue): string {
  const { form, text, bytes } = shownPayload(value);
  if (form === 'unreadable') return escapeControls(plainJson(value));
  if (form === 'hex' || form === 'base64') return `<${bytes} bytes, ${form}> ${text}`;
  return text === '' ? '""' : escapeControls(text);
}

/** The last level of a topic, moved in by its depth; a subtree `a/b/#` by the level that it starts at. */
export function treeText(topic: string): string {
  const subtree = topic.endsWith('/#');
  const levels = (subtree ? topic.slice(0, -2) : topic).split('/');
  return `${'  '.repeat(levels.length - 1)}${escapeControls(levels.at(-1) ?? '')}${subtree ? '/' : ''}` || '""';
}

const AGE_UNITS: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** Seconds as the two units that say most: `3d 4h`, `12m 5s`. */
export function ageText(digits: string): string {
  const seconds = Math.floor(Number(digits));
  if (!(seconds >= 0)) return digits;
  const first = AGE_UNITS.findIndex(([size]) => seconds >= size);
  const found = AGE_UNITS[first];
  if (found === undefined) return '0s';
  const [size, unit] = found;
  const [next, nextUnit] = AGE_UNITS[first + 1] ?? [0, ''];
  const rest = next === 0 ? 0 : Math.floor((seconds % size) / next);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? '' : ` ${rest}${nextUnit}`}`;
}

export function shareText(digits: string): string {
  const percent = Number(digits) * 100;
  return percent > 0 && percent < 0.1 ? '<0.1 %' : `${percent.toFixed(1)} %`;
}
