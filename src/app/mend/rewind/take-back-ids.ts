import type { IdsChange, ItemChange } from '../../../domain/changes/change.ts';
import { CHANGED, dueIds, idsOfWindow, isBare, takeBackOf, type IdsOfWindow } from '../../../domain/changes/window.ts';
import { s, textOf } from '../../../domain/item.ts';
import { pairsOf } from '../../../domain/pairs.ts';
import { idsIn } from '../lookups.ts';
import { stepOf, type RewindAction, type Rewound } from './rewind.ts';
import { made, readNow, takeBackItems, whyOf, type WindowProgress, type WindowRun } from './take-back-items.ts';

const MAP = 'mqtt_topic_msg_map';
const LEFT_MESSAGE = 'its message had to be left';

type Row = { change: ItemChange; ids: IdsOfWindow };

/** Takes changes of the map back, id by id: whatever else a topic lists by now stays. */
export async function takeBackRows(run: WindowRun, changes: readonly ItemChange[]): Promise<WindowProgress> {
  const rows: Row[] = [];
  const whole: ItemChange[] = [];
  for (const change of changes) {
    const ids = idsOfWindow(change);
    if (ids === undefined) whole.push(change);
    else rows.push({ change, ids });
  }
  const byId = await takeBackIds(run, rows);
  const others = await takeBackWhole(run, whole);
  return { rewound: [...byId.rewound, ...others.rewound], already: byId.already + others.already, undone: 0 };
}

async function takeBackIds(run: WindowRun, rows: readonly Row[]): Promise<WindowProgress> {
  const now = await readNow(
    run,
    MAP,
    rows.map(({ change }) => change),
  );
  const rewound: Rewound[] = [];
  const [take, add]: [IdsChange[], IdsChange[]] = [[], []];
  const bare = new Set<string>();
  let already = 0;
  for (const { change, ids } of rows) {
    const { topic } = ids;
    const item = now(change);
    const due = dueIds(ids, item);
    if (due === undefined) {
      // somebody made something else of the set
      rewound.push({ ...stepOf(change), why: CHANGED });
      for (const id of [...ids.taken, ...ids.added]) run.leftIds.add(id);
      continue;
    }
    const left = [...leftSteps(run, topic, due.add, 'ids added'), ...leftSteps(run, topic, due.take, 'ids taken')];
    rewound.push(...left);
    const isFree = (id: string) => !run.leftMessages.has(id);
    const [toTake, toAdd] = [due.take.filter(isFree), due.add.filter(isFree)];
    if (toTake.length > 0) take.push({ kind: 'take-ids', table: MAP, topic, ids: toTake });
    if (toAdd.length > 0) add.push({ kind: 'add-ids', table: MAP, topic, ids: toAdd, existed: item !== undefined });
    if (due.add.length + due.take.length > 0) continue;
    if (ids.made && isBare(topic, item)) bare.add(topic);
    else already += 1;
  }
  const madeTopics = new Set(rows.filter(({ ids }) => ids.made).map(({ ids }) => ids.topic));
  // taken before any are added: a topic is full at 400 KB
  for (const [changes, action] of [
    [take, 'ids taken'],
    [add, 'ids added'],
  ] as const) {
    for (const [change, outcome] of pairsOf(changes, await made(run, changes))) {
      const { topic, ids } = change;
      rewound.push({ table: MAP, partition: topic, action, why: whyOf(outcome) });
      if (!outcome.made) for (const id of ids) run.leftIds.add(id);
      else if (outcome.emptied && madeTopics.has(topic)) bare.add(topic);
    }
  }
  // topics that had no item before; one that has got other ids meanwhile keeps it
  await made(
    run,
    [...bare].map((topic) => ({ kind: 'item', table: MAP, before: { topic: s(topic) }, after: undefined })),
  );
  return { rewound, already, undone: 0 };
}

/** Ids that stay as they are for the sake of their messages. */
function leftSteps({ leftMessages }: WindowRun, topic: string, ids: readonly string[], action: RewindAction): Rewound[] {
  return ids
    .filter((id) => leftMessages.has(id))
    .map((id) => ({ table: MAP, partition: topic, action, why: `${id}: ${LEFT_MESSAGE}` }));
}

/** Items of the map that are more than a set of ids go back as a whole, if every message that they are about does. */
async function takeBackWhole(run: WindowRun, changes: readonly ItemChange[]): Promise<WindowProgress> {
  const isHeld = (change: ItemChange) => idsOf(change).some((id) => run.leftMessages.has(id));
  const held = changes.filter(isHeld);
  const now = await readNow(run, MAP, held);
  const stuck = held.filter((change) => takeBackOf(change, now(change)).is !== 'before');
  const others = await takeBackItems(
    run,
    MAP,
    changes.filter((change) => !isHeld(change)),
  );
  const rewound = [...stuck.map((change) => ({ ...stepOf(change), why: LEFT_MESSAGE })), ...others.rewound];
  const left = new Set(rewound.filter(({ why }) => why !== undefined).map(({ partition }) => partition));
  for (const change of changes) {
    const topic = textOf(change.before ?? change.after ?? {}, 'topic') ?? '';
    if (left.has(topic)) for (const id of idsOf(change)) run.leftIds.add(id);
  }
  return { rewound, already: others.already + held.length - stuck.length, undone: 0 };
}

/** The ids that an item lists before or after a window, and not on both sides. */
function idsOf({ before, after }: ItemChange): string[] {
  const [was, is] = [new Set(idsIn(before ?? {})), new Set(idsIn(after ?? {}))];
  return [...[...was].filter((id) => !is.has(id)), ...[...is].filter((id) => !was.has(id))];
}
