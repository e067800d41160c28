import { itemBytes } from '../item.ts';
import { idsWrite, type Write } from './write-set.ts';

/** What two writes of one key, one after the other, come to. */
export function mergeWrites(before: Write | undefined, after: Write): Write {
  if (before === undefined) return after;
  if (after.kind === 'set') {
    if (before.kind === 'put' || before.kind === 'set') return withValues(before, after);
    return before.kind === 'delete' ? withValues({ ...after, kind: 'put', item: after.key }, after) : after;
  }
  if (after.kind !== 'ids' || before.kind !== 'ids') return after;
  return idsWrite(after.table, after.key, [...before.log, ...after.log]);
}

function withValues(before: Extract<Write, { kind: 'put' | 'set' }>, after: Extract<Write, { kind: 'set' }>): Write {
  if (before.kind === 'put') {
    const item = { ...before.item, ...after.values };
    return { ...before, item, bytes: itemBytes(item) };
  }
  const values = { ...before.values, ...after.values };
  return { ...after, values, bytes: itemBytes(after.key) + itemBytes(values) };
}
