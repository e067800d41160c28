import { TIME_ATTRIBUTES } from '../../domain/records/tables.ts';
import { MqdynError } from '../../domain/errors.ts';
import { parseFilter } from '../../domain/expression/filter.ts';
import { Placeholders } from '../../domain/expression/placeholders.ts';
import type { Item } from '../../domain/item.ts';
import { sameItem } from '../../domain/same-item.ts';
import { pause } from '../../dynamo/back-off.ts';
import { changeItem, readItem, type Demand } from '../../dynamo/change-item.ts';
import type { ItemTable, WriteContext } from './item-table.ts';

/** How an item is to be; undefined for none. Or why it is left alone. */
export type Decision = { after: Item | undefined } | { leave: string };

/** What became of it: the item as it was right before, or why nothing was done. */
export type Changed = { made: true; before: Item | undefined } | { made: false; why: string };

/** Somebody else may win the race for an item so often. */
const MAX_RACES = 20;
const PAUSE_MS = 25;

/** What is said where the condition of --if does not hold. */
export const NOT_HELD = '--if does not hold';

/**
 * Reads an item, decides, and changes it only if it still is as it was read: nothing that somebody else writes beside it is
 * lost, and what comes back is exactly what was replaced. A race that is lost is run again.
 */
export async function changeUnder(
  { dynamo, signal }: WriteContext,
  table: ItemTable,
  key: Item,
  decide: (now: Item | undefined) => Decision,
  demand?: Demand,
): Promise<Changed> {
  const place = { dynamo, live: table.live, names: table.names, key, signal };
  for (let race = 1; race <= MAX_RACES; race += 1) {
    const before = await readItem(place);
    const decision = decide(before);
    if ('leave' in decision) return { made: false, why: decision.leave };
    const { after } = decision;
    const outcome = await changeItem(place, { before, after }, demand);
    if (outcome.made) return { made: true, before };
    if ('why' in outcome) throw refused(table, outcome.why);
    // it is as it was, so only the condition that was asked for can have failed
    if (demand !== undefined && sameItem(outcome.now, before)) return { made: false, why: NOT_HELD };
    await pause(PAUSE_MS * Math.random() * race, signal);
  }
  throw new MqdynError('E_THROTTLED', `${table.live}: the item changes faster than it can be replaced`, {
    hint: 'Nothing was done. Try again, or change single attributes by update.',
  });
}

/** DynamoDB does not take it, now or later. */
export function refused(table: ItemTable, why: string): MqdynError {
  return new MqdynError('E_USAGE', `DynamoDB refused the item of ${table.live}: ${why}`, { hint: 'Nothing was done.' });
}

/** The condition of --if, written as plainly as a filter; a fault in it is told before anything is sent. */
export function demandOf(table: ItemTable, text: string | undefined, now: number): Demand | undefined {
  if (text === undefined) return undefined;
  const times = table.role === undefined ? new Set<string>() : TIME_ATTRIBUTES;
  const demand: Demand = (placeholders) => parseFilter(text, placeholders, { now, times, flag: '--if' }).expression;
  demand(new Placeholders());
  return demand;
}
