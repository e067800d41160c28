import type { Item } from '../item.ts';
import { isNot, itemFault } from '../json/item-fault.ts';
import { isObject } from '../json/object.ts';
import { unstorable } from './unstorable.ts';

/**
 * What an incremental export says of one item: its key and, as far as it was there and the export shows them, the item before the
 * window and after it. `micros` is the time of the last write, in Unix microseconds.
 */
export type ExportedChange = { micros: string; key: Item; before: Item | undefined; after: Item | undefined };

export type LineFault = { fault: string };

/** Reads a line of a full export: `{"Item":{...}}`. */
export function parseItemLine(text: string): { item: Item } | LineFault {
  const line = parsed(text);
  if ('fault' in line) return line;
  const item = itemIn(line.members, 'Item');
  if (item === undefined) return { fault: 'has no Item' };
  return 'fault' in item ? item : { item: item.value };
}

/**
 * Reads a line of an incremental export. An item that was deleted has no new image, or an empty one.
 * Source: shapes as AWS's own reader of such exports tells them apart.
 */
export function parseChangeLine(text: string): { change: ExportedChange } | LineFault {
  const line = parsed(text);
  if ('fault' in line) return line;
  const { members } = line;
  const metadata = itemIn(members, 'Metadata');
  const key = itemIn(members, 'Keys');
  const [before, after] = [itemIn(members, 'OldImage'), itemIn(members, 'NewImage')];
  for (const part of [metadata, key, before, after]) if (part !== undefined && 'fault' in part) return part;
  const time = valueOf(metadata)?.['WriteTimestampMicros'];
  if (time === undefined || !('N' in time) || !/^\d+$/.test(time.N)) return { fault: 'has no Metadata.WriteTimestampMicros' };
  const keys = valueOf(key);
  if (keys === undefined) return { fault: 'has no Keys' };
  return { change: { micros: time.N, key: keys, before: valueOf(before), after: valueOf(after) } };
}

type Found = { value: Item } | LineFault | undefined;

function valueOf(found: Found): Item | undefined {
  return found !== undefined && 'value' in found ? found.value : undefined;
}

function parsed(text: string): { members: Record<string, unknown> } | LineFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'is not JSON' };
  }
  return isObject(value) ? { members: value } : { fault: isNot(value, 'an object').trim() };
}

/** A member as an item; nothing where it is missing, null or empty. */
function itemIn(members: Record<string, unknown>, name: string): Found {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  if (value === undefined || value === null) return undefined;
  const fault = itemFault(value);
  if (fault !== undefined) return { fault: `${name}${fault}` };
  // the check has just shown that it is one
  const item: Item = Object(value);
  const never = unstorable(item);
  if (never !== undefined) return { fault: `${name}${never}` };
  return Object.keys(item).length === 0 ? undefined : { value: item };
}
