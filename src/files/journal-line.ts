import type { Change } from '../domain/changes/change.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { isBackendTable } from '../domain/records/tables.ts';

/** Where and by which command changes are made. */
export type JournalHead = { command: string; target: string; at: string };

/** The line with which every run begins. */
export function headLine(head: JournalHead): string {
  return `${JSON.stringify({ journal: 1, ...head })}\n`;
}

/** The line that says that everything from a place in the file to this line was taken back. `offset` is in bytes. */
export function rewoundLine(head: JournalHead, offset: number): string {
  return `${JSON.stringify({ journal: 1, rewound: offset, ...head })}\n`;
}

/**
 * A change as a line of a journal. `Item` is the item as it was, in DynamoDB's own JSON, as its export writes items; `After` is
 * what replaced it. Ids of a topic are `taken` or `added`.
 */
export function journalLine(change: Change): string {
  if (change.kind === 'item') {
    const { table, before, after } = change;
    return `${JSON.stringify({ table, Item: before, After: after })}\n`;
  }
  const { table, topic, ids, existed } = change;
  return `${JSON.stringify({ table, topic, [change.kind === 'add-ids' ? 'added' : 'taken']: ids, existed })}\n`;
}

/** A line: a change, from where on everything before it was taken back, or neither for the line that begins a run. */
export type JournalLine = { change: Change } | { rewound: number } | undefined;

/** Reads a line; anything else is E_INPUT. */
export function parseJournalLine(path: string, text: string): JournalLine {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new MqdynError('E_INPUT', `${path} is damaged: a line is not JSON`, { cause: error });
  }
  if (typeof line === 'object' && line !== null && 'journal' in line) {
    const { rewound }: { rewound?: unknown; journal: unknown } = line;
    return typeof rewound === 'number' && Number.isSafeInteger(rewound) ? { rewound } : undefined;
  }
  const change = changeOf(Object(line));
  if (change === undefined) throw new MqdynError('E_INPUT', `${path} is damaged: a line is not a change`);
  return { change };
}

function changeOf({
  table,
  Item: before,
  After: after,
  topic,
  taken,
  added,
  existed,
}: Record<string, unknown>): Change | undefined {
  if (typeof table !== 'string' || !isBackendTable(table)) return undefined;
  const ids = taken ?? added;
  if (ids !== undefined) {
    if (table !== 'mqtt_topic_msg_map' || typeof topic !== 'string' || !isTexts(ids)) return undefined;
    const known = typeof existed === 'boolean' ? { existed } : {};
    return { kind: taken === undefined ? 'add-ids' : 'take-ids', table, topic, ids, ...known };
  }
  if (!isItem(before) || !isItem(after) || (before === undefined && after === undefined)) return undefined;
  return { kind: 'item', table, before, after };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === 'string');
}

function isItem(value: unknown): value is Item | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
}
