import type { Item } from '../../domain/item.ts';
import { s } from '../../domain/item.ts';
import { makeChange } from '../../dynamo/make-change.ts';
import type { Demand } from '../../dynamo/change-item.ts';
import { changeUnder } from './change-under.ts';
import { checkItem } from './check-item.ts';
import { keyIn, type ItemTable, type WriteContext } from './item-table.ts';
import type { Entry } from './read-entries.ts';

export type PutOptions = { demand: Demand | undefined; ifAbsent: boolean };

/** What became of an entry: it was stored, in the place of `old`, or why not. */
export type Stored = { at: string; made: true; old: Item | undefined } | { at: string; made: false; why: string };

/** Holds the rules of the table against every entry; the first fault is E_USAGE. */
export function checkEntries(table: ItemTable, entries: readonly Entry[], check: boolean): void {
  for (const entry of entries) {
    if (entry.kind === 'item') keyIn(table, entry.item);
    if (check) checkItem(table, entry.kind === 'item' ? entry.item : { topic: s(entry.topic), MsgId: { SS: [...entry.ids] } });
  }
}

/** Stores entries one after the other; a later one of the same key replaces an earlier one. */
export async function* putItems(
  context: WriteContext,
  table: ItemTable,
  entries: readonly Entry[],
  options: PutOptions,
): AsyncGenerator<Stored> {
  for (const entry of entries) yield { at: entry.at, ...(await putOne(context, table, entry, options)) };
}

async function putOne(context: WriteContext, table: ItemTable, entry: Entry, { demand, ifAbsent }: PutOptions) {
  if (entry.kind === 'ids') {
    const { topic, ids } = entry;
    const outcome = await makeChange(context, { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic, ids });
    return outcome.made ? { made: true as const, old: undefined } : outcome;
  }
  const decide = (now: Item | undefined) =>
    ifAbsent && now !== undefined ? { leave: 'there is such an item already' } : { after: entry.item };
  const outcome = await changeUnder(context, table, keyIn(table, entry.item), decide, demand);
  return outcome.made ? { made: true as const, old: outcome.before } : outcome;
}
