import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MqdynError } from '../../../domain/errors.ts';
import { countText, plural } from '../../../domain/count-text.ts';
import type { ExportManifest } from '../../../domain/export/manifest.ts';
import { exportIdOf } from '../../../domain/export/names.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import {
  discardUnfinished,
  loadManifest,
  loadState,
  lookAt,
  MANIFEST,
  makeUnfinished,
  saveState,
  storedFault,
  sweepUnfinished,
  tableFolder,
  unfinished,
} from '../../../files/export-folder.ts';
import { tableIdentity } from '../../replay/checkpoint.ts';
import { readSchemaFileOf } from '../../tables/describe-table.ts';
import type { ExportOptions } from './export-tables.ts';
import type { ExportState, TableState } from './state.ts';

/** The state that a run begins with, or the manifest of an export that is complete but for its name. */
type Begun = { state: ExportState; resumed: boolean } | { manifest: ExportManifest };

/** Begins an export, or goes on with one that was stopped. */
export async function beginExport(dynamo: Dynamo, options: ExportOptions, live: readonly LiveTable[]): Promise<Begun> {
  const { folder, resume, restart, notice } = options;
  const partial = unfinished(folder);
  const there = await lookAt(partial);
  if (there === 'filled' && restart) await discardUnfinished(folder);
  if (there === 'filled' && !restart) {
    if (!resume) throw new MqdynError('E_UNFINISHED', `an earlier export was not finished: ${partial}`);
    if (await sweepUnfinished(folder)) return resumed(dynamo, options, live);
  }
  if (resume) notice(`there is no unfinished export in ${partial}; starting from the beginning`);
  const fresh = freshState(dynamo, options, live);
  const tables = await Promise.all(live.map((table, index) => tableState(dynamo, options, fresh.startedAt, table, index)));
  const state = { ...fresh, tables };
  await makeUnfinished(folder);
  await saveState(partial, state);
  return { state, resumed: false };
}

/** What an earlier run has left, if it is of the same target and options. */
async function resumed(dynamo: Dynamo, options: ExportOptions, live: readonly LiveTable[]): Promise<Begun> {
  const partial = unfinished(options.folder);
  const state = await loadState<ExportState>(partial);
  if (state === undefined) {
    const read = await loadManifest(partial);
    if (read !== undefined && 'manifest' in read) return read;
    if (read !== undefined) throw new MqdynError('E_DUMP', `${join(partial, MANIFEST)} ${read.fault}`);
    throw new MqdynError('E_CHECKPOINT', `${partial} does not say how far it is`, { hint: 'Start over with --restart.' });
  }
  refuseOther(state, freshState(dynamo, options, live), partial);
  await refuseLost(state, partial);
  // a sorted table that was not finished begins anew
  const kept = state.tables.filter(({ endedAt }) => endedAt !== null || !options.sorted);
  const files = kept.flatMap(({ segments }) => segments.flatMap((segment) => segment.files));
  const items = files.reduce((sum, { itemCount }) => sum + itemCount, 0);
  options.notice(
    `resuming: ${countText(items)} ${plural('item', items)} in ${files.length} complete ${plural('file', files.length)}`,
  );
  return { state, resumed: true };
}

/** What the state speaks of has to be there as it was stored. */
async function refuseLost({ tables }: ExportState, partial: string): Promise<void> {
  for (const { table, exportId, segments } of tables) {
    for (const { name, bytes } of segments.flatMap((segment) => segment.files)) {
      const path = join(partial, tableFolder(table, exportId), 'data', name);
      const fault = await storedFault(path, bytes);
      if (fault !== undefined) throw new MqdynError('E_CHECKPOINT', `${path} ${fault}`, { hint: 'Start over with --restart.' });
    }
  }
}

function refuseOther(was: ExportState, is: Omit<ExportState, 'tables'>, partial: string): void {
  const differs = (what: string) => new MqdynError('E_MISMATCH', `the unfinished export ${partial} is ${what}`);
  if (was.target.label !== is.target.label) throw differs(`of ${was.target.label}, this run reads ${is.target.label}`);
  for (const name of Object.keys(is.options)) {
    const [before, now] = [was.options[name], is.options[name]].map((value) => JSON.stringify(value ?? null));
    if (before !== now) throw differs(`with ${name} ${before}, this run has ${now}`);
  }
  if (JSON.stringify(was.target.tables) !== JSON.stringify(is.target.tables)) {
    throw differs('of other tables: one was dropped and created again');
  }
}

function freshState(dynamo: Dynamo, options: ExportOptions, live: readonly LiveTable[]): Omit<ExportState, 'tables'> {
  const { tool, now, tables, sorted, redact, s3Prefix } = options;
  return {
    tool,
    startedAt: now(),
    target: { label: dynamo.options.label, tables: live.map(tableIdentity) },
    options: {
      tables,
      segments: segmentsOf(options),
      sorted,
      redact: redact?.digest ?? null,
      's3-prefix': s3Prefix ?? null,
    },
  };
}

/** The files of a sorted table are of one sequence, however many parts of it are read in parallel. */
function segmentsOf({ sorted, segments }: ExportOptions): number {
  return sorted ? 1 : segments;
}

async function tableState(
  dynamo: Dynamo,
  options: ExportOptions,
  startedAt: number,
  live: LiveTable,
  index: number,
): Promise<TableState> {
  const table = options.tables[index] ?? live.TableName;
  return {
    table,
    live: live.TableName,
    exportId: exportIdOf(startedAt, randomBytes(4).readUInt32LE()),
    arn: arnOf(live, dynamo.options.region),
    id: live.TableId ?? '00000000-0000-0000-0000-000000000000',
    schema: await readSchemaFileOf(dynamo, live, table, options.signal),
    startedAt: null,
    endedAt: null,
    units: 0,
    segments: Array.from({ length: segmentsOf(options) }, () => ({ files: [], after: null, done: false })),
  };
}

/** An engine that tells no ARN gets one in the shape that DynamoDB's own readers ask for. */
function arnOf({ TableArn, TableName }: LiveTable, region: string): string {
  return TableArn?.startsWith('arn:') ? TableArn : `arn:aws:dynamodb:${region}:000000000000:table/${TableName}`;
}
