import type { AttributeValue, Item } from '../../domain/item.ts';
import type { DiffView, ReplayView } from '../../domain/views/replay.ts';
import { itemOf, valueOf } from '../items.ts';

/** The result object of a replay. */
export function replayItem(view: ReplayView, seconds: number): Item {
  const { read, applied, superseded, skipped, rejected, actions, writer, checkpoint } = view;
  const { overwritten, outOfOrder, cut: cutPayloads, binary: binaryPayloads, reconciled } = view;
  const { requests, retries, units: consumedCapacity, tables } = writer;
  return {
    ...itemOf({ read, applied, superseded, skipped, rejected }),
    actions: { M: itemOf(actions) },
    writes: { M: Object.fromEntries(byName(tables).map(([table, kinds]) => [table, { M: itemOf(kinds) }])) },
    ...itemOf({ requests, retries, consumedCapacity }),
    seconds: { N: seconds.toFixed(3) },
    ...itemOf({ checkpoint: checkpoint ?? null, overwritten, outOfOrder, cutPayloads, binaryPayloads, reconciled }),
  };
}

/** Which table was written first changes from run to run. */
function byName<T>(tables: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1));
}

export function diffItem({ change, table, key, before, after }: DiffView): Item {
  return { ...itemOf({ change, table }), key: { M: key }, old: mapOf(before), new: mapOf(after) };
}

function mapOf(item: Item | undefined): AttributeValue {
  return item === undefined ? valueOf(undefined) : { M: item };
}
