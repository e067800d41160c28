import { changedItem, type Change, type ItemChange } from '../../../domain/changes/change.ts';
import { takeBackOf } from '../../../domain/changes/window.ts';
import type { Item } from '../../../domain/item.ts';
import { itemKeyOf, itemKeyText, keyItem } from '../../../domain/records/keys.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import { batchGetRaw } from '../../../dynamo/batch-get.ts';
import { makeChange, type ChangeOutcome } from '../../../dynamo/make-change.ts';
import type { Journal } from '../../../files/journal.ts';
import { inParallel } from '../../in-parallel.ts';
import { pairsOf } from '../../../domain/pairs.ts';
import type { WriteContext } from '../item-table.ts';
import { stepOf, type Rewound } from './rewind.ts';

/**
 * What became of some changes: those that were taken back or left, and how many are as before already. `undone` changes were told
 * as taken back earlier, and are not any more.
 */
export type WindowProgress = { rewound: readonly Rewound[]; already: number; undone: number };

/** A run over an incremental export. Without a journal nothing is written: what would be done is told. */
export type WindowRun = {
  context: WriteContext;
  journal: Journal | undefined;
  /** Messages that had to be left, by their ids: these stay in the map as they are. */
  leftMessages: Set<string>;
  /** Ids that had to be left in the map: their messages go with them. */
  leftIds: Set<string>;
};

/** Why a message stays. */
export const LEFT_ID = 'its id had to be left';

/** Takes changes of whole items back, each where the item still is as its change left it. */
export async function takeBackItems(run: WindowRun, table: TableName, changes: readonly ItemChange[]): Promise<WindowProgress> {
  const now = await readNow(run, table, changes);
  const rewound: Rewound[] = [];
  const due: { change: ItemChange; back: ItemChange }[] = [];
  let already = 0;
  const isHeld = (change: ItemChange) => table === 'mqtt_msg' && run.leftIds.has(stepOf(change).partition);
  for (const change of changes) {
    const verdict = takeBackOf(change, now(change));
    if (verdict.is !== 'changed' && isHeld(change)) {
      const why = verdict.is === 'due' ? LEFT_ID : 'is as before already, but its id had to be left';
      rewound.push({ ...stepOf(change), why });
    } else if (verdict.is === 'before') already += 1;
    else if (verdict.is === 'due') due.push({ change, back: verdict.change });
    else rewound.push({ ...stepOf(change), why: verdict.why });
  }
  const outcomes = await made(
    run,
    due.map(({ back }) => back),
  );
  for (const [change, outcome] of pairsOf(due, outcomes)) rewound.push({ ...stepOf(change.change), why: whyOf(outcome) });
  if (table === 'mqtt_msg') {
    for (const { partition, why } of rewound) if (why !== undefined) run.leftMessages.add(partition);
  }
  return { rewound, already, undone: 0 };
}

/** Reads the items of changes as they are now. */
export async function readNow(
  { context }: WindowRun,
  table: TableName,
  changes: readonly ItemChange[],
): Promise<(change: ItemChange) => Item | undefined> {
  const { dynamo, liveName, signal } = context;
  const keyOf = (change: ItemChange) => itemKeyOf(table, changedItem(change));
  const keys = changes.map((change) => keyItem(keyOf(change)));
  const { items } = await batchGetRaw(dynamo, liveName(table), keys, signal, { consistent: true });
  const byKey = new Map(items.map((item) => [itemKeyText(itemKeyOf(table, item)), item]));
  return (change) => byKey.get(itemKeyText(keyOf(change)));
}

/** Writes changes to the journal and makes them, in any order. */
export async function made({ context, journal }: WindowRun, changes: readonly Change[]): Promise<ChangeOutcome[]> {
  if (journal === undefined) return changes.map(() => ({ made: true, units: 0 }));
  await journal.append(changes);
  return inParallel(changes, (change) => makeChange(context, change), context.signal);
}

export function whyOf(outcome: ChangeOutcome): string | undefined {
  return outcome.made ? undefined : outcome.why;
}
