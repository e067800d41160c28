import { touched, updated, type SetValue, type Update } from '../../domain/changes/update.ts';
import { Placeholders } from '../../domain/expression/placeholders.ts';
import type { Item } from '../../domain/item.ts';
import { sameItem } from '../../domain/same-item.ts';
import { readItem, tried, type Demand } from '../../dynamo/change-item.ts';
import { changeUnder, NOT_HELD, refused, type Changed } from './change-under.ts';
import { checkItem } from './check-item.ts';
import type { ItemTable, WriteContext } from './item-table.ts';

export type UpdateOptions = {
  /** A condition beside: that of --if. */
  demand: Demand | undefined;
  /** Makes the item where there is none. */
  create: boolean;
  /** Holds the rules of the backend's tables against what the item becomes. */
  check: boolean;
};

/** Changes single attributes of an item. Elements of sets alone are changed beside whoever else changes others of them. */
export async function updateItem(
  context: WriteContext,
  table: ItemTable,
  key: Item,
  update: Update,
  { demand, create, check }: UpdateOptions,
): Promise<Changed> {
  const become = (now: Item | undefined): Item => {
    const after = updated(now ?? key, update);
    if (check) checkItem(table, after, now === undefined ? undefined : touched(update));
    return after;
  };
  const missing = 'there is no such item; --create makes one';
  if (update.set.size > 0 || update.remove.size > 0) {
    const decide = (now: Item | undefined) => (now === undefined && !create ? { leave: missing } : { after: become(now) });
    return changeUnder(context, table, key, decide, demand);
  }
  const place = { dynamo: context.dynamo, live: table.live, key, signal: context.signal };
  const before = await readItem(place);
  if (before === undefined && !create) return { made: false, why: missing };
  become(before);
  const placeholders = new Placeholders();
  const demands = [
    ...(create ? [] : [`attribute_exists(${placeholders.name(table.names.key)})`]),
    ...(demand === undefined ? [] : [`(${demand(placeholders)})`]),
  ];
  const condition = demands.length === 0 ? undefined : demands.join(' AND ');
  const outcome = await tried(place, { update: key, expression: setExpression(update, placeholders), condition, placeholders });
  if ('why' in outcome) throw refused(table, outcome.why);
  if (!outcome.done) return { made: false, why: demand === undefined ? missing : NOT_HELD };
  // the reply to a call that was made twice tells what the first one left
  const told = outcome.old === undefined || !sameItem(updated(outcome.old, update), outcome.old);
  return { made: true, before: told ? outcome.old : before };
}

function setExpression({ add, take }: Update, placeholders: Placeholders): string {
  const clause = (verb: string, sets: ReadonlyMap<string, SetValue>) =>
    sets.size === 0
      ? []
      : [`${verb} ${[...sets].map(([name, value]) => `${placeholders.name(name)} ${placeholders.value(value)}`).join(', ')}`];
  return [...clause('ADD', add), ...clause('DELETE', take)].join(' ');
}
