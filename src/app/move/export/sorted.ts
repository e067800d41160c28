import { orderKey } from '../../../domain/export/key-order.ts';
import { keyParts } from '../../../domain/export/keys.ts';
import { exportLineWriter } from '../../../domain/json/item-json.ts';
import { readAhead } from '../../../dynamo/pages.ts';
import { ExternalSort } from '../../../files/external-sort.ts';
import { DataFiles, segmentItems, type TableJob } from './segments.ts';

/** Stores the items of a table in the order of their keys, in files of one sequence. A run that goes on begins the table anew. */
export async function storeSorted(job: TableJob): Promise<void> {
  const { state, redact, segments, spill } = job;
  const [sequence] = state.segments;
  if (sequence === undefined) throw new Error(`${state.table} has no segment`);
  const names = (keyParts(state.table, state.schema) ?? []).map(({ name }) => name);
  const write = exportLineWriter(state.table);
  const sort = new ExternalSort({ folder: spill });
  try {
    const parts = Array.from({ length: segments }, (_, index) => segmentItems(job, { index, of: segments }));
    for await (const items of readAhead(parts)) {
      for (const item of items) {
        const stored = redact === undefined ? item : redact(state.table, item);
        sort.add(orderKey(names, stored), write(stored));
      }
      await sort.flush();
      job.progress(items.length);
    }
    sequence.files = [];
    const files = await DataFiles.begin(job, sequence, 0);
    try {
      for await (const lines of sort.sorted()) {
        job.signal.throwIfAborted();
        for (const line of lines) {
          if (files.isFull) await files.next();
          files.add(line);
        }
        await files.room();
      }
      await files.end();
    } catch (error) {
      await files.abandon();
      throw error;
    }
  } finally {
    await sort.close();
  }
}
