import { itemBytes } from '../item.ts';
import { idsWrite } from './ids-write.ts';
import type { Write } from './write.ts';

/** What two writes of one key, one after the other, come to. Their `events` are numbers of different windows: of no use any more. */
export function mergeWrites(before: Write | undefined, after: Write): Write {
  if (before === undefined) return after;
  if (after.kind === 'set') return mergeSet(before, after);
  if (after.kind !== 'ids' || before.kind !== 'ids') return after;
  return idsWrite(after.table, after.key, [...before.log, ...after.log]);
}

function mergeSet(before: Write, after: Extract<Write, { kind: 'set' }>): Write {
  const { table, key, events } = after;
  if (before.kind === 'set') {
    const values = { ...before.values, ...after.values };
    return { kind: 'set', table, key, values, bytes: itemBytes(key) + itemBytes(values), events };
  }
  if (before.kind === 'ids') return after;
  const item = { ...(before.kind === 'put' ? before.item : key), ...after.values };
  return { kind: 'put', table, key, item, bytes: itemBytes(item), events: before.kind === 'put' ? before.events : events };
}
