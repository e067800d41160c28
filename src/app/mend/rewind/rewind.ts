import { changedItem, type Change } from '../../../domain/changes/change.ts';
import { reverse } from '../../../domain/changes/reverse.ts';
import { itemKeyOf, itemKeyText, type ItemKey } from '../../../domain/records/keys.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import { makeChange } from '../../../dynamo/make-change.ts';
import { Journal, journalEntries, type JournalEntry, type JournalHead } from '../../../files/journal.ts';
import { acquireLock } from '../../../files/lock.ts';
import { inParallel } from '../../in-parallel.ts';
import type { WriteContext } from '../item-table.ts';

export type { JournalHead } from '../../../files/journal.ts';

/** What taking a change back does to its item or topic. */
export type RewindAction = 'put back' | 'replaced' | 'deleted' | 'ids added' | 'ids taken';

export type RewindStep = ItemKey & { action: RewindAction };

/** A change that was taken back, or why it was left. */
export type Rewound = RewindStep & { why: string | undefined };

/** Changes that are taken back before the journal notes how far it is. */
const GROUP = 64;

/** What is still to be taken back, the last change first. */
export async function* rewindSteps(path: string): AsyncGenerator<RewindStep> {
  for await (const { change } of journalEntries(path)) yield stepOf(change);
}

/** How many changes of each table are still to be taken back. */
export async function countSteps(path: string): Promise<Map<TableName, number>> {
  const counts = new Map<TableName, number>();
  for await (const { table } of rewindSteps(path)) counts.set(table, (counts.get(table) ?? 0) + 1);
  return counts;
}

/**
 * Takes the changes of a journal back, the last one first, each only where the item still is as the change left it. The journal
 * notes how far it came, so that whoever runs it again goes on there, and what a broker has done since is not undone.
 */
export async function* rewind(
  context: WriteContext,
  path: string,
  { head, notice }: { head: JournalHead; notice: (sentence: string) => void },
): AsyncGenerator<readonly Rewound[]> {
  const lock = await acquireLock({
    path: `${path}.lock`,
    what: path,
    command: head.command,
    waitMs: 0,
    hint: 'Wait until it has finished.',
    notice,
  });
  try {
    const journal = await Journal.open(path, head);
    try {
      for await (const group of groups(journalEntries(path))) {
        const last = group.at(-1);
        if (last === undefined) continue;
        const results = await inParallel(group, ({ change }) => takeBack(context, change), context.signal);
        await journal.markRewound(last.at);
        yield results;
      }
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

/** Neighbours that do the same to different keys of one table: their order does not matter. */
async function* groups(entries: AsyncIterable<JournalEntry>): AsyncGenerator<JournalEntry[]> {
  let group: JournalEntry[] = [];
  let keys = new Set<string>();
  for await (const entry of entries) {
    const { table, action, ...key } = stepOf(entry.change);
    const text = itemKeyText({ table, ...key });
    const first = group[0] && stepOf(group[0].change);
    const fits = first === undefined || (first.table === table && first.action === action && !keys.has(text));
    if (!fits || group.length === GROUP) {
      yield group;
      group = [];
      keys = new Set();
    }
    group.push(entry);
    keys.add(text);
  }
  if (group.length > 0) yield group;
}

async function takeBack(context: WriteContext, change: Change): Promise<Rewound> {
  const step = stepOf(change);
  const [first, ...others] = reverse(change);
  const outcome = await makeChange(context, first);
  if (!outcome.made) return { ...step, why: outcome.why };
  // a row that has got other ids meanwhile stays
  for (const other of others) await makeChange(context, other);
  return { ...step, why: undefined };
}

/** What taking a change back does, and to what. */
export function stepOf(change: Change): RewindStep {
  if (change.kind !== 'item') {
    const { table, topic, kind } = change;
    return { table, partition: topic, action: kind === 'take-ids' ? 'ids added' : 'ids taken' };
  }
  const { table, before, after } = change;
  const action = before === undefined ? 'deleted' : after === undefined ? 'put back' : 'replaced';
  return { ...itemKeyOf(table, changedItem(change)), action };
}
