import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MqdynError } from '../../domain/errors.ts';
import { exportIdOf, EXPORT_ROOT, FILE_LIST } from '../../domain/export/names.ts';
import { NO_SNAPSHOT, type ExportManifest, type ManifestTable } from '../../domain/export/manifest.ts';
import type { Item } from '../../domain/item.ts';
import { plural } from '../../domain/count-text.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { ReadPace } from '../../dynamo/read-pace.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import {
  beginExport,
  beginTable,
  discardUnfinished,
  finishExport,
  loadManifest,
  loadState,
  lookAt,
  saveManifest,
  saveState,
  tableFolder,
  unfinished,
  writeManifests,
} from '../../files/export-folder.ts';
import { acquireLock } from '../../files/lock.ts';
import { tableIdentity } from '../replay/checkpoint.ts';
import { requireUsable } from '../tables/check-tables.ts';
import { readSchemaFileOf, requireTable } from '../tables/describe-table.ts';
import { storeSegments } from './export-segments.ts';
import { storeSorted } from './export-sorted.ts';
import type { ExportState, Exported, TableState } from './export-state.ts';

export type ExportOptions = {
  folder: string;
  tables: readonly string[];
  segments: number;
  /** Read capacity units a second, at the most. */
  maxRcu: number | undefined;
  sorted: boolean;
  /** Changes each item before it is stored; `digest` tells one key from another. */
  redact: { digest: string; apply: (table: string, item: Item) => Item } | undefined;
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
  /** Bytes of lines after which a data file is closed and another begun. */
  fileBytes?: number;
};

/** Stores tables as DynamoDB's own export to S3 does. What it finds wrong before the first read leaves everything as it was. */
export async function exportTables(dynamo: Dynamo, options: ExportOptions): Promise<Exported> {
  const live = await Promise.all(options.tables.map((table) => requireTable(dynamo, options.liveName(table), options.signal)));
  for (const table of live) requireUsable(table);
  const lock = await acquireLock({
    path: `${options.folder}.lock`,
    what: options.folder,
    command: options.command,
    waitMs: 0,
    notice: options.notice,
  });
  try {
    return await new Export(dynamo, options, live).run();
  } finally {
    await lock.release();
  }
}

class Export {
  private readonly dynamo: Dynamo;
  private readonly options: ExportOptions;
  private readonly live: readonly LiveTable[];
  private items = 0;

  constructor(dynamo: Dynamo, options: ExportOptions, live: readonly LiveTable[]) {
    this.dynamo = dynamo;
    this.options = options;
    this.live = live;
  }

  async run(): Promise<Exported> {
    const { folder, force, resume } = this.options;
    const there = await lookAt(folder);
    if (there === 'filled' && !force) {
      throw new MqdynError('E_CONFIRM', `${folder} is there already and is not empty`, {
        hint: 'Name a new folder, or replace it with --force once the new export is complete.',
      });
    }
    const complete = resume ? await this.onlyUnnamed() : undefined;
    if (complete !== undefined) return complete;
    const before = await this.begun();
    const state = before ?? (await this.begin());
    const partial = unfinished(folder);
    const tables: ManifestTable[] = [];
    let saving: Promise<void> = Promise.resolve();
    // one after the other: several segments save what they have done
    const save = () => (saving = saving.catch(() => undefined).then(() => saveState(partial, state)));
    for (const table of state.tables) {
      if (table.endedAt === null) await this.store(table, save);
      tables.push(await this.seal(table, partial));
    }
    const manifest = this.manifest(state, tables);
    await saveManifest(partial, manifest);
    await finishExport(folder, manifest);
    return { folder, manifest, resumed: before !== undefined };
  }

  /** An export that was stopped when nothing was missing but its name. */
  private async onlyUnnamed(): Promise<Exported | undefined> {
    const { folder } = this.options;
    const partial = unfinished(folder);
    const manifest = await loadManifest(partial);
    if (manifest === undefined) return undefined;
    await finishExport(folder, manifest);
    return { folder, manifest, resumed: true };
  }

  /** The state of an earlier run that this one goes on with. */
  private async begun(): Promise<ExportState | undefined> {
    const { folder, resume, restart, notice } = this.options;
    const partial = unfinished(folder);
    const there = await lookAt(partial);
    if (there === 'filled' && restart) await discardUnfinished(folder);
    if (there !== 'filled' || restart) {
      if (resume) notice(`there is no unfinished export in ${partial}; starting from the beginning`);
      return undefined;
    }
    if (!resume) throw new MqdynError('E_UNFINISHED', `an earlier export was not finished: ${partial}`);
    const state = await loadState<ExportState>(partial);
    if (state === undefined) throw noState(partial);
    this.refuseOther(state);
    const files = state.tables.flatMap(({ segments }) => segments.flatMap((segment) => segment.files));
    const items = files.reduce((sum, { itemCount }) => sum + itemCount, 0);
    notice(`resuming: ${items} ${plural('item', items)} in ${files.length} complete ${plural('file', files.length)}`);
    return state;
  }

  private refuseOther(state: ExportState): void {
    const partial = unfinished(this.options.folder);
    const [was, is] = [state, this.fresh()];
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

  private fresh(): Omit<ExportState, 'tables'> {
    const { tool, now, tables, segments, sorted, redact, s3Prefix } = this.options;
    return {
      tool,
      startedAt: now(),
      target: { label: this.dynamo.options.label, tables: this.live.map(tableIdentity) },
      options: {
        tables,
        segments: sorted ? 1 : segments,
        sorted,
        redact: redact?.digest ?? null,
        's3-prefix': s3Prefix ?? null,
      },
    };
  }

  private async begin(): Promise<ExportState> {
    const { folder, tables, segments, sorted, signal } = this.options;
    const fresh = this.fresh();
    const states = await Promise.all(
      this.live.map(async (live, index): Promise<TableState> => {
        const table = tables[index] ?? live.TableName;
        return {
          table,
          live: live.TableName,
          exportId: exportIdOf(fresh.startedAt, randomBytes(4).readUInt32LE()),
          arn: arnOf(live, this.dynamo.options.region),
          id: live.TableId ?? '00000000-0000-0000-0000-000000000000',
          schema: await readSchemaFileOf(this.dynamo, live, table, signal),
          startedAt: null,
          endedAt: null,
          units: 0,
          segments: Array.from({ length: sorted ? 1 : segments }, () => ({ files: [], after: null, done: false })),
        };
      }),
    );
    const state = { ...fresh, tables: states };
    await beginExport(folder);
    await saveState(unfinished(folder), state);
    return state;
  }

  private async store(state: TableState, save: () => Promise<void>): Promise<void> {
    const { options, dynamo } = this;
    const folder = join(unfinished(options.folder), tableFolder(state.table, state.exportId));
    state.startedAt ??= options.now();
    const job = {
      dynamo,
      state,
      save,
      folder: await beginTable(folder),
      spill: unfinished(options.folder),
      redact: options.redact?.apply,
      pace: options.maxRcu === undefined ? undefined : new ReadPace(options.maxRcu),
      segments: options.segments,
      retryForMs: options.retryForMs,
      signal: options.signal,
      progress: (items: number) => {
        this.items += items;
        options.progress?.(state.table, this.items);
      },
      fileBytes: options.fileBytes,
    };
    await (options.sorted ? storeSorted(job) : storeSegments(job));
    state.endedAt = options.now();
    await save();
  }

  /** Writes what DynamoDB's own readers look at; the same again where an earlier run was stopped at it. */
  private async seal(state: TableState, partial: string): Promise<ManifestTable> {
    const { table, live, exportId, arn, id, schema, units, startedAt, endedAt } = state;
    const folder = tableFolder(table, exportId);
    const prefix = [this.options.s3Prefix, table].filter((part) => part !== undefined && part !== '').join('/');
    const root = `${prefix}/${EXPORT_ROOT}/${exportId}`;
    const files = state.segments.flatMap((segment) => segment.files);
    const sum = (member: 'itemCount' | 'textBytes') => files.reduce((total, file) => total + file[member], 0);
    const [startTime, endTime] = [startedAt, endedAt].map((time) => new Date(time ?? 0).toISOString());
    const summary = {
      version: '2020-06-30',
      exportArn: `${arn}/export/${exportId}`,
      startTime,
      endTime,
      tableArn: arn,
      tableId: id,
      exportTime: startTime,
      s3Bucket: 'local',
      s3Prefix: prefix,
      s3SseAlgorithm: null,
      s3SseKmsKeyId: null,
      manifestFilesS3Key: `${root}/${FILE_LIST}.json`,
      billedSizeBytes: sum('textBytes'),
      itemCount: sum('itemCount'),
      outputFormat: 'DYNAMODB_JSON',
      exportType: 'FULL_EXPORT',
    };
    const listed = files.map(({ itemCount, md5, etag, name }) => ({ itemCount, md5, etag, key: `${root}/data/${name}` }));
    const manifests = await writeManifests(join(partial, folder), summary, listed);
    const data = files.map(({ name, bytes, sha256 }) => ({ path: `data/${name}`, bytes, sha256 }));
    return {
      table,
      live,
      folder,
      startTime: startTime ?? '',
      endTime: endTime ?? '',
      itemCount: sum('itemCount'),
      textBytes: sum('textBytes'),
      consumedCapacity: units,
      schema,
      files: [...manifests, ...data].map((file) => ({ ...file, path: `${folder}/${file.path}` })),
    };
  }

  private manifest(state: ExportState, tables: readonly ManifestTable[]): ExportManifest {
    const ended = Math.max(...state.tables.map(({ endedAt }) => endedAt ?? 0));
    return {
      tool: state.tool,
      source: state.target.label,
      startTime: new Date(state.startedAt).toISOString(),
      endTime: new Date(ended).toISOString(),
      note: NO_SNAPSHOT,
      sorted: this.options.sorted,
      redacted: this.options.redact !== undefined,
      tables,
    };
  }
}

/** An engine that tells no ARN gets one in the shape that DynamoDB's own readers ask for. */
function arnOf({ TableArn, TableName }: LiveTable, region: string): string {
  return TableArn?.startsWith('arn:') ? TableArn : `arn:aws:dynamodb:${region}:000000000000:table/${TableName}`;
}

function noState(partial: string): MqdynError {
  return new MqdynError('E_CHECKPOINT', `${partial} does not say how far it is`, { hint: 'Start over with --restart.' });
}
