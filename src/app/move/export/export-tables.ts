import { join } from 'node:path';
import { MqdynError } from '../../../domain/errors.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { ReadPace } from '../../../dynamo/read-pace.ts';
import { retriedFor } from '../../../dynamo/retry.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import {
  beginTable,
  finishExport,
  isExport,
  lookAt,
  saveManifest,
  saveState,
  tableFolder,
  unfinished,
} from '../../../files/export-folder.ts';
import { withLock } from '../../../files/lock.ts';
import { tableIdentity } from '../../replay/checkpoint.ts';
import { requireUsable } from '../../tables/check-tables.ts';
import { requireTable } from '../../tables/describe-table.ts';
import { beginExport } from './begin-export.ts';
import type { Redaction } from './redaction.ts';
import { manifestOf, sealTable } from './seal-table.ts';
import { storeSegments, type TableJob } from './segments.ts';
import { storeSorted } from './sorted.ts';
import type { Exported, TableState } from './state.ts';

export type ExportOptions = {
  folder: string;
  tables: readonly string[];
  segments: number;
  /** Read capacity units a second, at the most. */
  maxRcu: number | undefined;
  sorted: boolean;
  redact: Redaction | undefined;
  /** Where the folder will stand in its bucket. */
  s3Prefix: string | undefined;
  resume: boolean;
  /** Starts over although an earlier run was not finished. */
  restart: boolean;
  /** Replaces an export that is there once the new one is complete. */
  force: boolean;
  retryForMs: number;
  tool: string;
  command: string;
  liveName: (table: string) => string;
  signal: AbortSignal;
  notice: (sentence: string) => void;
  now: () => number;
  progress?: (table: string, items: number) => void;
  /** Length of lines after which a data file is closed and another begun, in UTF-16 units. */
  fileLength?: number;
};

/** Exit codes of what may pass: the endpoint, the permission, the disk. */
const RESUMABLE = [5, 6, 8];

/** Stores tables as DynamoDB's own export to S3 does. What it finds wrong before the first read leaves everything as it was. */
export async function exportTables(dynamo: Dynamo, options: ExportOptions): Promise<Exported> {
  const { folder, tables, command, force, notice, signal } = options;
  const live = await Promise.all(tables.map((table) => requireTable(dynamo, options.liveName(table), signal)));
  for (const table of live) requireUsable(table);
  return withLock(folder, { command, notice }, async () => {
    if ((await lookAt(folder)) === 'filled') await refuseFilled(folder, force);
    return run(dynamo, options, live).catch((error: unknown) => {
      throw withWayOn(error, options);
    });
  });
}

async function run(dynamo: Dynamo, options: ExportOptions, live: readonly LiveTable[]): Promise<Exported> {
  const { folder } = options;
  const partial = unfinished(folder);
  const begun = await beginExport(dynamo, options, live);
  if ('manifest' in begun) {
    // it was stopped when nothing was missing but its name
    await finishExport(folder, begun.manifest);
    return { folder, manifest: begun.manifest, resumed: true };
  }
  const { state, resumed } = begun;
  let saving: Promise<void> = Promise.resolve();
  // one after the other: several segments save what they have done
  const save = () => (saving = saving.catch(() => undefined).then(() => saveState(partial, state)));
  let items = 0;
  for (const table of state.tables) {
    if (table.endedAt !== null) continue;
    const progress = (more: number) => options.progress?.(table.table, (items += more));
    await storeTable(table, { dynamo, options, save, progress });
    await refuseReplaced(dynamo, options, live, table);
    table.endedAt = options.now();
    await save();
  }
  const sealed = [];
  for (const table of state.tables) sealed.push(await sealTable(table, partial, options.s3Prefix));
  const manifest = manifestOf(state, sealed, options);
  await saveManifest(partial, manifest);
  await finishExport(folder, manifest);
  return { folder, manifest, resumed };
}

/** Only another export may be replaced. */
async function refuseFilled(folder: string, force: boolean): Promise<void> {
  if (!(await isExport(folder))) {
    throw new MqdynError('E_CONFIRM', `${folder} is there and is no export`, { hint: 'Name a new folder.' });
  }
  if (force) return;
  throw new MqdynError('E_CONFIRM', `${folder} is there already`, {
    hint: 'Name a new folder, or replace it with --force once the new export is complete.',
  });
}

/** Says, with what ends a run, how to go on. */
function withWayOn(thrown: unknown, { signal, notice }: ExportOptions): unknown {
  if (signal.aborted) notice('stopped; continue with --resume');
  else if (thrown instanceof MqdynError && RESUMABLE.includes(thrown.exit)) {
    const { code, message, detail, exit } = thrown;
    const hint = `${thrown.hint} Run the same command with --resume to continue.`;
    return new MqdynError(code, message, { hint, detail, exit, cause: thrown });
  }
  return thrown;
}

type Storing = Pick<TableJob, 'dynamo' | 'save' | 'progress'> & { options: ExportOptions };

async function storeTable(state: TableState, { dynamo, options, save, progress }: Storing): Promise<void> {
  const { folder, maxRcu, sorted, redact, segments, retryForMs, signal, fileLength } = options;
  const partial = unfinished(folder);
  state.startedAt ??= options.now();
  const job: TableJob = {
    dynamo,
    state,
    save,
    folder: await beginTable(join(partial, tableFolder(state.table, state.exportId))),
    spill: partial,
    redact: redact?.apply,
    pace: maxRcu === undefined ? undefined : new ReadPace(maxRcu),
    segments,
    retryForMs,
    signal,
    progress,
    fileLength,
  };
  await (sorted ? storeSorted(job) : storeSegments(job));
}

/** Of a table that was dropped and made anew meanwhile, what was read is not whole. */
async function refuseReplaced(
  dynamo: Dynamo,
  { retryForMs, signal }: ExportOptions,
  before: readonly LiveTable[],
  { live }: TableState,
): Promise<void> {
  const now = await retriedFor(retryForMs, () => requireTable(dynamo, live, signal), signal);
  const was = before.find(({ TableName }) => TableName === live);
  if (was === undefined || tableIdentity(was).id === tableIdentity(now).id) return;
  throw new MqdynError('E_MISMATCH', `${live} changed identity while it was read (recreated?)`, {
    hint: 'Start over with --restart.',
  });
}
