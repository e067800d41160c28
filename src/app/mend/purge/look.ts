import { countText, plural } from '../../../domain/count-text.ts';
import { itemBytes, n, s, writeUnits, type Item } from '../../../domain/item.ts';
import { addToEstimate, noEstimate, type Estimate } from '../../../domain/purge/counts.ts';
import { exampleOf } from '../../../domain/purge/example.ts';
import {
  isItemSelected,
  isLostIdSelected,
  isMessageSelected,
  PURGED_TABLES,
  type Selection,
} from '../../../domain/purge/selection.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import { msgidMillis } from '../../../domain/records/times.ts';
import { MAX_BATCH_KEYS } from '../../../dynamo/batch-get.ts';
import { inSlices } from '../in-slices.ts';
import { idsInQuestion, readItems } from './messages.ts';
import { pagesOf, readOf, type Where } from './reads.ts';

export type Look = Where & { selection: Selection; progress: (text: string) => void };

/** What a purge would take away, table by table, from what is read now. Nothing is kept but the sums and a few examples. */
export async function lookAtPurge(look: Look): Promise<Map<TableName, Estimate>> {
  const { selection } = look;
  if (selection.kind === 'messages') {
    const [ids, messages] = [noEstimate(), noEstimate()];
    await lookAtIds(look, ids);
    await lookAtItems(look, 'mqtt_msg', (item) => isMessageSelected(selection, item), messages);
    return new Map<TableName, Estimate>([
      ['mqtt_topic_msg_map', ids],
      ['mqtt_msg', messages],
    ]);
  }
  const [table] = PURGED_TABLES[selection.kind];
  const sum = noEstimate();
  await lookAtItems(look, table, (item) => isItemSelected(selection, item), sum);
  return new Map([[table, sum]]);
}

async function lookAtItems(look: Look, table: TableName, isWanted: (item: Item) => boolean, sum: Estimate): Promise<void> {
  for await (const { items } of pagesOf(look, readOf(look.selection, table), null)) {
    for (const item of items) {
      if (!isWanted(item)) continue;
      const bytes = itemBytes(item);
      addToEstimate(sum, { selected: 1, bytes, units: writeUnits(bytes) }, () => exampleOf(table, item));
    }
    look.progress(`${countText(sum.selected)} of ${table}`);
  }
}

/** The ids of one topic go by one update, which is billed on its whole item. */
async function lookAtIds(look: Look, sum: Estimate): Promise<void> {
  const { selection } = look;
  for await (const { items } of pagesOf(look, readOf(selection, 'mqtt_topic_msg_map'), null)) {
    for (const item of items) {
      const found = idsInQuestion(selection, item);
      if (found === undefined) continue;
      const ids = await selectedIds(look, found);
      if (ids.length === 0) continue;
      const bytes = ids.reduce((total, id) => total + id.length, 0);
      const example = () => `${found.topic} ${ids.length} ${plural('id', ids.length)}`;
      addToEstimate(sum, { selected: ids.length, bytes, units: writeUnits(itemBytes(item)) }, example);
    }
    look.progress(`${countText(sum.selected)} ids`);
  }
}

/** Messages are read only where their id alone does not say whether it goes. */
async function selectedIds(look: Look, { topic, ids }: { topic: string; ids: string[] }): Promise<string[]> {
  const { selection } = look;
  const isOpen = (id: string) =>
    selection.client !== undefined || (selection.cutoff !== undefined && msgidMillis(id) === undefined);
  const selected = ids.filter((id) => !isOpen(id));
  const open = ids.filter(isOpen);
  for (const step of inSlices(open, MAX_BATCH_KEYS)) {
    const messages = await readItems(look, 'mqtt_msg', 'msgid', step);
    const goes = (id: string) => {
      const item = messages.get(id);
      return item === undefined ? isLostIdSelected(selection, topic, id) : isMessageSelected(selection, item, topic);
    };
    selected.push(...step.filter(goes));
  }
  return selected;
}

/** The estimate of a table as a row; `perSecond` is the pace in write capacity units. */
export function estimateItem(table: string, { selected, bytes, units, examples }: Estimate, perSecond: number | undefined): Item {
  return {
    table: s(table),
    selected: n(selected),
    bytes: n(bytes),
    writeUnits: n(units),
    seconds: perSecond === undefined ? { NULL: true } : n(Math.ceil(units / perSecond)),
    examples: { L: examples.map(s) },
  };
}
