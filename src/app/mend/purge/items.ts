import { isItemSelected, PURGED_TABLES } from '../../../domain/purge/selection.ts';
import { deleteItems, type Deletion, type Run } from './deletes.ts';
import { pagesOf, readOf } from './reads.ts';

/** Retained messages, clients or acks, each under the condition that it still is as it was read. */
export async function purgeItems(run: Run): Promise<void> {
  const { ledger, selection } = run;
  const [table] = PURGED_TABLES[selection.kind];
  for await (const { items, next } of pagesOf(run, readOf(selection, table, { limit: run.sizes.page }), ledger.state.after)) {
    const selected = items.filter((item) => isItemSelected(selection, item));
    const changes = selected.map((item): Deletion => ({ kind: 'item', table, before: item, after: undefined }));
    await deleteItems(run, changes);
    run.progress(`${ledger.count(table).deleted} items`);
    if (next !== null) await ledger.settle('listed', next);
  }
}
