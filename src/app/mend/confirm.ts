import type { ItemCheck, JudgeContext } from '../../domain/integrity/check.ts';
import type { Found } from '../../domain/integrity/finding.ts';
import { judgeItem } from '../../domain/integrity/judge-item.ts';
import type { Item } from '../../domain/item.ts';
import { itemKeyOf, itemKeyText, keyItem } from '../../domain/records/keys.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { groupBy } from '../../domain/group-by.ts';
import { confirmBehind, confirmGhosts, confirmUnknown } from './confirm-clients.ts';
import { confirmElsewhere, confirmGone, confirmUnlisted } from './confirm-messages.ts';
import { inSlices } from './in-slices.ts';
import type { ReadByKey } from './lookups.ts';
import type { Suspect, SuspectOf } from './suspect.ts';

export type ConfirmOptions = JudgeContext & {
  itemChecks: readonly ItemCheck[];
  /** Reads items as they are now; undefined where nothing changes between two reads. */
  read: ReadByKey | undefined;
  /** How many stored subscriptions a client has now; undefined where nothing changes. */
  subscriptionsOf: ((clientid: string) => Promise<number>) | undefined;
  signal: AbortSignal;
  /** Waits until what a broker has begun is at its end. */
  settle?: (() => Promise<void>) | undefined;
};

/** Items may be large, so they are read a few at a time. */
const ITEMS_AT_ONCE = 100;

/**
 * Reads what looked wrong a second time, by key and consistently, in an order in which a writer beside it cannot make look
 * wrong what is not: only what still is comes back.
 */
export async function confirm(suspects: readonly Suspect[], options: ConfirmOptions): Promise<Found[]> {
  const of = <Kind extends Suspect['is']>(kind: Kind) => suspects.filter((one): one is SuspectOf<Kind> => one.is === kind);
  const found = await Promise.all([
    confirmItems(of('item'), options),
    confirmGone(of('gone'), options),
    confirmUnlisted(of('unlisted'), options),
    confirmElsewhere(of('elsewhere'), options),
    confirmUnknown(of('ack-unknown'), options),
    confirmBehind(of('ack-behind'), options),
    confirmGhosts(of('ghost'), options),
  ]);
  return found.flat();
}

async function confirmItems(suspects: readonly SuspectOf<'item'>[], options: ConfirmOptions): Promise<Found[]> {
  const found: Found[] = [];
  for (const [table, own] of groupBy(suspects, (one) => one.table)) {
    for (const some of inSlices(own, ITEMS_AT_ONCE)) {
      const items = some.map(({ item }) => item);
      for (const item of options.read === undefined ? items : await readAgain(options.read, table, items)) {
        const judged = judgeItem(item, table, options.itemChecks, options);
        if (judged.findings.length > 0) found.push(judged);
      }
    }
  }
  return found;
}

/** The items as they are now, in the same order; a batch comes back in any. */
async function readAgain(read: ReadByKey, table: TableName, items: readonly Item[]): Promise<Item[]> {
  const textOf = (item: Item) => itemKeyText(itemKeyOf(table, item));
  const now = await read(
    table,
    items.map((item) => keyItem(itemKeyOf(table, item))),
  );
  const byKey = new Map(now.map((item) => [textOf(item), item]));
  return items.map((item) => byKey.get(textOf(item))).filter((item) => item !== undefined);
}
