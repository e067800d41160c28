import type { ItemChange } from '../../../domain/changes/change.ts';
import { reverse } from '../../../domain/changes/reverse.ts';
import { windowChange } from '../../../domain/changes/window.ts';
import { MqdynError } from '../../../domain/errors.ts';
import type { ExportedChange } from '../../../domain/export/data-line.ts';
import { exportedChanges } from '../../../files/exported-items.ts';
import { journalFrom } from '../../../files/journal-tail.ts';
import { Journal, type JournalHead } from '../../../files/journal.ts';
import { inSlices } from '../in-slices.ts';
import type { WriteContext } from '../item-table.ts';
import type { WindowPart } from './open-window.ts';
import { stepOf } from './rewind.ts';
import { takeBackRows } from './take-back-ids.ts';
import { LEFT_ID, made, takeBackItems, type WindowProgress, type WindowRun } from './take-back-items.ts';

/** Changes that are looked at together: each has two images of up to 400 KB, and the item as it is now. */
const AT_ONCE = 50;

/** Where what is changed is kept; undefined where nothing is to be changed. */
export type WindowJournal = { path: string; head: JournalHead } | undefined;

/**
 * Takes the changes of an incremental export back, item by item and id by id, each only where it still is as the export shows it.
 * What is changed is in the journal before. A run that was ended is run again: what is as before already is passed over. A message
 * and its id go together: where one of them has to be left, so is the other.
 */
export async function* rewindWindow(
  context: WriteContext,
  parts: readonly WindowPart[],
  kept: WindowJournal,
): AsyncGenerator<WindowProgress> {
  const journal = kept === undefined ? undefined : await Journal.open(kept.path, kept.head);
  const begin = journal?.size ?? 0;
  const run: WindowRun = { context, journal, leftMessages: new Set(), leftIds: new Set() };
  try {
    await foresee(run, parts);
    for (const part of parts) yield* takeBackPart(run, part);
    yield* withdrawn(run, begin);
  } finally {
    await journal?.close();
  }
}

async function* takeBackPart(run: WindowRun, part: WindowPart): AsyncGenerator<WindowProgress> {
  for await (const block of exportedChanges(part.exported, run.context.signal)) {
    for (const some of inSlices(block, AT_ONCE)) {
      const changes = changesOf(part, some);
      yield part.table === 'mqtt_topic_msg_map'
        ? await takeBackRows(run, changes)
        : await takeBackItems(run, part.table, changes);
    }
  }
}

/**
 * Finds what has to be left before anything is changed. An id that is left holds its message, and a message the ids of a row that
 * goes back as a whole only: so until nothing more is found.
 */
async function foresee(run: WindowRun, parts: readonly WindowPart[]): Promise<void> {
  const halves = parts.filter(({ table }) => table === 'mqtt_msg' || table === 'mqtt_topic_msg_map');
  if (halves.length < 2) return;
  const look = { ...run, journal: undefined };
  for (let found = -1; found < run.leftIds.size;) {
    found = run.leftIds.size;
    for (const part of halves) for await (const _ of takeBackPart(look, part)) run.context.signal.throwIfAborted();
  }
}

function changesOf({ table, exported }: WindowPart, lines: readonly ExportedChange[]): ItemChange[] {
  return lines.flatMap((line) => {
    const read = windowChange(table, line);
    if (read === undefined) return [];
    if ('change' in read) return [read.change];
    throw new MqdynError('E_DUMP', `a change in ${exported.folder} ${read.fault}`);
  });
}

/** Messages that this run took back, and whose ids could not follow after all, are made as they were again. */
async function* withdrawn(run: WindowRun, begin: number): AsyncGenerator<WindowProgress> {
  const { journal, leftIds, leftMessages } = run;
  const ids = new Set([...leftIds].filter((id) => !leftMessages.has(id)));
  if (journal === undefined || ids.size === 0) return;
  for await (const change of journalFrom(journal.path, begin)) {
    if (change.kind !== 'item' || change.table !== 'mqtt_msg') continue;
    // once: what is written here comes by again
    if (!ids.delete(stepOf(change).partition)) continue;
    const [back] = reverse(change);
    const [outcome] = await made(run, [back]);
    if (outcome?.made) yield { rewound: [{ ...stepOf(back), why: LEFT_ID }], already: 0, undone: 1 };
  }
}
