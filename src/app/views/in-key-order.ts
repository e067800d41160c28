import { itemBytes, textOf, type Item } from '../../domain/item.ts';
import { compareTexts } from '../../domain/order.ts';

/** So much is kept in memory to be sorted. */
const KEPT_ITEMS = 20_000;
const KEPT_BYTES = 32 << 20;

/**
 * Items in the order of their keys, so that two runs can be compared. A table that is too large for memory streams in the order
 * in which DynamoDB scans it, and `unsorted` is reported.
 */
export async function* inKeyOrder(
  items: AsyncIterable<readonly Item[]>,
  keys: readonly string[],
  unsorted: () => void,
  keep = KEPT_ITEMS,
): AsyncGenerator<readonly Item[]> {
  let kept: Item[] | undefined = [];
  let bytes = 0;
  for await (const block of items) {
    if (kept === undefined) {
      yield block;
      continue;
    }
    for (const item of block) {
      kept.push(item);
      bytes += itemBytes(item);
    }
    if (kept.length <= keep && bytes <= KEPT_BYTES) continue;
    unsorted();
    yield kept;
    kept = undefined;
  }
  if (kept !== undefined) yield kept.sort((a, b) => byKeys(a, b, keys));
}

function byKeys(a: Item, b: Item, keys: readonly string[]): number {
  for (const key of keys) {
    const order = compareTexts(textOf(a, key) ?? '', textOf(b, key) ?? '');
    if (order !== 0) return order;
  }
  return 0;
}
