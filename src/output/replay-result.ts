import type { AttributeValue, Item } from '../domain/item.ts';
import type { OutputOptions, Section } from './document.ts';
import { wrapped } from './report.ts';

/** Width of the labels, which stand before everything else. */
const LABEL_WIDTH = 12;

type Member = readonly [name: string, many: string, one?: string];

/** Members in words, of several and of one where that differs; a comma goes between them. What is zero is left out. */
const EVENTS: readonly Member[] = [
  ['read', 'read'],
  ['applied', 'applied'],
  ['superseded', 'superseded'],
  ['skipped', 'skipped'],
  ['rejected', 'rejected'],
  ['overwritten', 'overwritten'],
  ['outOfOrder', 'out of order'],
  ['cutPayloads', 'cut payloads', 'cut payload'],
  ['binaryPayloads', 'binary payloads', 'binary payload'],
];
const COST: readonly Member[] = [
  ['requests', 'requests', 'request'],
  ['retries', 'retries', 'retry'],
  ['consumedCapacity', 'write units', 'write unit'],
  ['reconciled', 'reconciled topics', 'reconciled topic'],
];

/** The result of a replay for people: about five lines, nothing that is zero in them. */
export function replaySections(result: Item, { width }: OutputOptions): Section[] {
  const seconds = `${Number(digitsOf(result['seconds'])).toFixed(1)} s`;
  const lines: [string, string][] = [
    ['events', counted(result, EVENTS) || 'none'],
    ['actions', namedCounts(result['actions'])],
    ['writes', groups(result['writes'])],
    ['cost', [counted(result, COST), seconds].filter(Boolean).join(', ')],
    ['checkpoint', textIn(result['checkpoint'])],
  ];
  const shown = lines.filter(([, text]) => text !== '');
  const line = ([label, text]: [string, string]) => label.padEnd(LABEL_WIDTH) + wrapped(text, width, LABEL_WIDTH).join('\n');
  return [{ heading: '', lines: shown.map(line) }];
}

function counted(item: Item, members: readonly Member[]): string {
  const some = members.filter(([name]) => Number(digitsOf(item[name])) !== 0);
  return some.map(([name, many, one = many]) => withNoun(digitsOf(item[name]), many, one)).join(', ');
}

function withNoun(digits: string, many: string, one: string): string {
  return `${digits} ${digits === '1' ? one : many}`;
}

/** `on_message_publish 3, on_client_connected 1`. */
function namedCounts(value: AttributeValue | undefined): string {
  const entries = value !== undefined && 'M' in value ? Object.entries(value.M) : [];
  const some = entries.filter(([, count]) => Number(digitsOf(count)) !== 0);
  return some.map(([name, count]) => `${name} ${digitsOf(count)}`).join(', ');
}

/** `mqtt_msg put 3, delete 1; mqtt_client update 2`. */
function groups(value: AttributeValue | undefined): string {
  const entries = value !== undefined && 'M' in value ? Object.entries(value.M) : [];
  const texts = entries.map(([name, counts]) => [name, namedCounts(counts)] as const).filter(([, text]) => text !== '');
  return texts.map(([name, text]) => `${name} ${text}`).join('; ');
}

function digitsOf(value: AttributeValue | undefined): string {
  return value !== undefined && 'N' in value ? value.N : '0';
}

function textIn(value: AttributeValue | undefined): string {
  return value !== undefined && 'S' in value ? value.S : '';
}
