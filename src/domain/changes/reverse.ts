import type { Change } from './change.ts';

/**
 * The changes that take a change back, in the order in which they are to be made. Each holds only as long as nobody changed the
 * same thing since. Ids that were added to a topic that had no item leave none.
 */
export function reverse(change: Change): [Change, ...Change[]] {
  if (change.kind === 'item') return [{ ...change, before: change.after, after: change.before }];
  const { table, topic, ids } = change;
  if (change.kind === 'take-ids') return [{ kind: 'add-ids', table, topic, ids }];
  const taken: Change = { kind: 'take-ids', table, topic, ids };
  if (change.existed !== false) return [taken];
  return [taken, { kind: 'item', table, before: { topic: { S: topic } }, after: undefined }];
}
