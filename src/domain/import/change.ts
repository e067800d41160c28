import type { Change } from '../changes/change.ts';
import { parseChangeLine, parseItemLine, type LineFault } from '../export/data-line.ts';
import type { ExportContent } from '../export/summary.ts';
import { setOf, textOf, type Item } from '../item.ts';

/** What a line of an import does: to one item, or to the ids of a topic. */
export type ImportChange =
  | { kind: 'put'; item: Item }
  | { kind: 'delete'; key: Item }
  | { kind: 'add-ids'; topic: string; ids: readonly string[] }
  /** What can only be taken back, and that is not what an import does. */
  | { kind: 'skip' };

/** Reads a line of an export: of an incremental one the new image, or none, says what becomes of the item. */
export function exportedChange(text: string, kind: ExportContent['kind']): { change: ImportChange } | LineFault {
  if (kind === 'full') {
    const line = parseItemLine(text);
    return 'fault' in line ? line : { change: { kind: 'put', item: line.item } };
  }
  const line = parseChangeLine(text);
  if ('fault' in line) return line;
  const { key, after } = line.change;
  return { change: after === undefined ? { kind: 'delete', key } : { kind: 'put', item: after } };
}

/** What brings back what a change of a journal took away. */
export function broughtBack(change: Change): ImportChange {
  if (change.kind === 'take-ids') return { kind: 'add-ids', topic: change.topic, ids: change.ids };
  return change.kind === 'item' && change.before !== undefined ? { kind: 'put', item: change.before } : { kind: 'skip' };
}

/**
 * A change under --merge: a row of mqtt_topic_msg_map adds its ids and changes nothing else, because a broker may have added others
 * since. One without ids would only take those away. What is no set of ids replaces the row.
 */
export function merged(table: string, change: ImportChange): ImportChange {
  if (table !== 'mqtt_topic_msg_map' || change.kind !== 'put') return change;
  const { item } = change;
  const topic = textOf(item, 'topic');
  if (topic === undefined || ('MsgId' in item && setOf(item, 'MsgId').length === 0)) return change;
  return { kind: 'add-ids', topic, ids: setOf(item, 'MsgId') };
}
