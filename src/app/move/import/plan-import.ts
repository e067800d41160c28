import type { Dynamo } from '../../../dynamo/client.ts';
import type { PlannedTableView } from '../../../domain/views/imports.ts';
import type { ImportSource } from './source.ts';
import { findTargets, isFilled, type TargetOptions } from './targets.ts';
import { windows, BEGINNING } from './windows.ts';

export type PlanOptions = TargetOptions & {
  source: ImportSource;
  merge: boolean;
  maxWcu: number | undefined;
  progress: (what: 'verifying' | 'importing', table: string, items: number) => void;
};

/** Verifies a source and counts what would be written. Nothing is. */
export async function planImport(dynamo: Dynamo, options: PlanOptions): Promise<PlannedTableView[]> {
  const { source, merge, maxWcu, signal } = options;
  const targets = await findTargets(dynamo, source.tables, options);
  const keys = new Map(targets.map(({ table, keys: parts }) => [table, parts]));
  await source.verify({ keys, signal, progress: (table, items) => options.progress('verifying', table, items) });
  const planned = await Promise.all(
    targets.map(async (target): Promise<PlannedTableView> => {
      const { table, live, have } = target;
      const status = have === undefined ? 'missing' : (await isFilled(dynamo, target, options)) ? 'has items' : 'empty';
      return { table, live, status, items: 0, put: 0, update: 0, delete: 0, bytes: 0, writeUnits: 0, seconds: undefined };
    }),
  );
  const byName = new Map(planned.map((each) => [each.table, each]));
  for await (const window of windows(source, BEGINNING, { keys, merge, signal })) {
    for (const write of window.takeWrites().flat()) {
      const own = byName.get(write.table);
      if (own === undefined) continue;
      own[write.kind === 'put' || write.kind === 'delete' ? write.kind : 'update'] += 1;
    }
    for (const { table, read, bytes, writeUnits } of window.counts) {
      const own = byName.get(table);
      if (own === undefined) continue;
      own.items += read;
      own.bytes += bytes;
      own.writeUnits += writeUnits;
    }
  }
  for (const each of planned) if (maxWcu !== undefined) each.seconds = Math.ceil(each.writeUnits / maxWcu);
  return planned;
}
