import { Buffer } from 'node:buffer';
import { sizeText } from '../domain/byte-size.ts';
import type { AttributeValue, Item } from '../domain/item.ts';
import { storedMillis } from '../domain/records/times.ts';
import { ageText, agoText, isoText, payloadText, shareText, treeText } from './cell-kinds.ts';
import { bar } from './charts.ts';
import type { Column } from './document.ts';
import type { Theme } from './theme.ts';
import { escapeControls } from './escape.ts';
import { plainJson } from '../domain/json/plain-json.ts';

/** What stands for a value that is not there. */
const NOTHING = '-';

/** A value as a person reads it in a table: times in UTC, sizes with a unit, nothing that a terminal acts on. */
export function cellText(value: AttributeValue | undefined, column: Column, terminal = false): string {
  if (value === undefined || 'NULL' in value) return NOTHING;
  if ('N' in value) return numberText(value.N, column, terminal);
  if (column.kind === 'payload') return payloadText(value);
  if ('S' in value && column.kind === 'time') return isoText(value.S);
  if ('S' in value && column.kind === 'ago') return agoText(value.S, column.now ?? 0);
  if (column.kind === 'tree' && 'S' in value) return treeText(value.S);
  if ('S' in value) return value.S === '' ? '""' : escapeControls(value.S);
  if ('B' in value) return `<${Buffer.byteLength(value.B, 'base64')} bytes> ${value.B}`;
  if ('SS' in value) return `${value.SS.length}: ${escapeControls(value.SS.toSorted().join(' '))}`;
  if ('M' in value && column.kind === 'counts') return countsText(value.M);
  if ('L' in value && column.kind === 'names') return namesText(value.L);
  if ('BOOL' in value) return value.BOOL ? 'yes' : 'no';
  return escapeControls(plainJson(value));
}

/** A list of names, as a sentence has them. */
function namesText(names: readonly AttributeValue[]): string {
  const texts = names.map((name) => ('S' in name ? name.S : plainJson(name)));
  return texts.length === 0 ? NOTHING : escapeControls(texts.join(', '));
}

/** The lines of a value that has a label before it: one for each thing that was counted, else just one. */
export function cellLines(value: AttributeValue | undefined, column: Column, terminal = false): string[] {
  const counted = value !== undefined && 'M' in value && column.kind === 'counts' ? Object.entries(value.M) : [];
  return counted.length === 0 ? [cellText(value, column, terminal)] : counted.map(([name, count]) => countText(name, count));
}

function numberText(digits: string, column: Column, terminal: boolean): string {
  switch (column.kind) {
    case 'time':
      return timeText(digits);
    case 'bytes':
      return sizeText(Number(digits));
    case 'age':
      return ageText(digits);
    case 'share':
      return shareText(digits);
    case 'bar':
      return bar(Number(digits), column.max ?? 1, terminal);
    default:
      return digits;
  }
}

/** Counts by name, `put 3, delete 1`; one level of groups, `mqtt_msg put 3, delete 1; ...`. */
function countsText(counts: Item): string {
  const entries = Object.entries(counts);
  const groups = entries.some(([, value]) => 'M' in value);
  const texts = entries.map(([name, value]) => countText(name, value));
  return texts.length === 0 ? NOTHING : texts.join(groups ? '; ' : ', ');
}

function countText(name: string, value: AttributeValue): string {
  return `${name} ${'M' in value ? countsText(value.M) : plainJson(value)}`;
}

/** Seconds, milliseconds and microseconds are told apart by size; 0 means that it never happened. */
export function timeText(digits: string): string {
  if (Number(digits) === 0) return NOTHING;
  const millis = storedMillis(digits);
  if (millis === undefined) return digits;
  const text = new Date(millis).toISOString().replace('T', ' ');
  return Number(digits) < 1e11 ? `${text.slice(0, 19)}Z` : text;
}

export function isRightAligned(value: AttributeValue | undefined, column: Column): boolean {
  return value !== undefined && 'N' in value && column.kind !== 'time' && column.kind !== 'bar';
}

/** A topic beyond this share of 400 KB needs somebody who acks. */
const ALARMING_SHARE = 0.8;

/** The colour of a value where it says something: a missing table, a ghost, a topic that is nearly full. */
export function paintOf(
  value: AttributeValue | undefined,
  { kind, tones }: Column,
  theme: Theme,
): ((text: string) => string) | undefined {
  if (value === undefined) return undefined;
  if (kind === 'share') return 'N' in value && Number(value.N) > ALARMING_SHARE ? theme.bad : undefined;
  const tone = tones && 'S' in value ? (Object.hasOwn(tones, value.S) ? tones[value.S] : tones['*']) : undefined;
  return tone && theme[tone];
}
