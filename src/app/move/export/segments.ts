import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { MqdynError } from '../../../domain/errors.ts';
import { keyOf, keyParts } from '../../../domain/export/keys.ts';
import { dataFileName } from '../../../domain/export/names.ts';
import type { Item } from '../../../domain/item.ts';
import { exportLineWriter } from '../../../domain/json/item-json.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { readAhead, replies } from '../../../dynamo/pages.ts';
import type { ReadPace } from '../../../dynamo/read-pace.ts';
import { DataFile } from '../../../files/data-file.ts';
import type { SegmentState, TableState } from './state.ts';

/** The export of one table. */
export type TableJob = {
  dynamo: Dynamo;
  state: TableState;
  /** Makes what the state says durable. */
  save: () => Promise<void>;
  /** Where data files belong, and where a temporary file may be. */
  folder: string;
  spill: string;
  redact: ((table: string, item: Item) => Item) | undefined;
  pace: ReadPace | undefined;
  /** Parts of the table that are read in parallel. */
  segments: number;
  retryForMs: number;
  signal: AbortSignal;
  /** Hears of items that were read. */
  progress: (items: number) => void;
  /** Length of lines after which a data file is closed and another begun, in UTF-16 units. */
  fileLength?: number | undefined;
};

/** Reading a file of this size again costs little, and so does one that an import gives up because of one bad line. */
const FILE_LENGTH = 64 << 20;

/** Stores the items of a table, several segments at a time. The first that fails ends the others. */
export async function storeSegments(job: TableJob): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([job.signal, failed.signal]);
  // each call in flight listens to it; Node takes more than ten for a leak and says so on stderr
  setMaxListeners(0, signal);
  await Promise.all(
    job.state.segments.map((segment, index) =>
      storeSegment({ ...job, signal }, segment, index).catch((error: unknown) => {
        failed.abort(job.signal.aborted ? error : ofSegment(job, index, error));
      }),
    ),
  );
  job.signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

async function storeSegment(job: TableJob, segment: SegmentState, index: number): Promise<void> {
  if (segment.done) return;
  const { redact, state } = job;
  const write = exportLineWriter(state.table);
  const files = await DataFiles.begin(job, segment, index);
  try {
    const pages = segmentItems(job, { index, of: state.segments.length }, segment.after ?? undefined);
    // several segments wait for each other's pages anyway
    for await (const items of state.segments.length === 1 ? readAhead([pages]) : pages) {
      for (const item of items) {
        if (files.isFull) await files.next();
        files.add(write(redact === undefined ? item : redact(state.table, item)), item);
      }
      await files.room();
      job.progress(items.length);
    }
    await files.end();
  } catch (error) {
    await files.abandon();
    throw error;
  }
}

/** The items of a segment behind a key, page by page. */
export async function* segmentItems(
  { dynamo, state, signal, retryForMs, pace }: TableJob,
  { index, of }: { index: number; of: number },
  after?: Item,
): AsyncGenerator<readonly Item[]> {
  const input = {
    TableName: state.live,
    ReturnConsumedCapacity: 'TOTAL',
    ...(of === 1 ? {} : { Segment: index, TotalSegments: of }),
  };
  for await (const reply of replies(dynamo, 'Scan', input, signal, { after, retryForMs, pace })) {
    state.units += reply.ConsumedCapacity?.CapacityUnits ?? 0;
    yield reply.Items ?? [];
  }
}

/**
 * The data files of a segment, one after the other. Where one ends depends on the items alone, not on the pages in which they
 * came, so that a run that goes on behind a complete file makes the same files as one that was never stopped.
 */
export class DataFiles {
  private readonly job: TableJob;
  private readonly segment: SegmentState;
  private readonly index: number;
  private name: string;
  private file: DataFile;
  private last: Item | undefined;

  private constructor(job: TableJob, segment: SegmentState, index: number, name: string, file: DataFile) {
    this.job = job;
    this.segment = segment;
    this.index = index;
    this.name = name;
    this.file = file;
  }

  static async begin(job: TableJob, segment: SegmentState, index: number): Promise<DataFiles> {
    const name = nameOf(job.state, segment, index);
    return new DataFiles(job, segment, index, name, await DataFile.create(join(job.folder, name)));
  }

  get isFull(): boolean {
    return this.file.length >= (this.job.fileLength ?? FILE_LENGTH);
  }

  /** Adds a line, and the item behind which a run that goes on reads, where there is one. */
  add(line: string, item?: Item): void {
    this.file.add(line);
    this.last = item;
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    return this.file.room();
  }

  /** Completes a file and begins the next. */
  async next(): Promise<void> {
    const { job, segment, index, last } = this;
    await this.complete();
    if (last !== undefined) segment.after = keyOf(last, keyParts(job.state.table, job.state.schema) ?? []);
    await job.save();
    this.name = nameOf(job.state, segment, index);
    this.file = await DataFile.create(join(job.folder, this.name));
  }

  /** Completes the last file. */
  async end(): Promise<void> {
    await this.complete();
    this.segment.done = true;
    await this.job.save();
  }

  /** Leaves a file that is not complete; a run that goes on writes it anew. */
  abandon(): Promise<void> {
    return this.file.abandon();
  }

  private async complete(): Promise<void> {
    this.segment.files.push({ name: this.name, ...(await this.file.finish()) });
  }
}

/** Told by where the file belongs in its export, so that a run that goes on gives it the same name. */
function nameOf({ exportId }: TableState, { files }: SegmentState, index: number): string {
  return dataFileName(files.length, createHash('sha256').update(`${exportId}/${index}/${files.length}`).digest());
}

/** Of several segments the one that failed is named. */
function ofSegment({ state }: TableJob, index: number, error: unknown): unknown {
  if (!(error instanceof MqdynError) || state.segments.length === 1) return error;
  const where = `segment ${index + 1} of ${state.segments.length} of ${state.live}`;
  const { code, message, hint, detail, exit } = error;
  return new MqdynError(code, `${where}: ${message}`, { hint, detail, exit, cause: error });
}
