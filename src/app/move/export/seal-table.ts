import { join } from 'node:path';
import { EXPORT_ROOT, FILE_LIST } from '../../../domain/export/names.ts';
import { NO_SNAPSHOT, type ExportManifest, type ManifestTable } from '../../../domain/export/manifest.ts';
import { PART } from '../../../domain/export/summary.ts';
import { removeUnlisted, tableFolder, writeManifests } from '../../../files/export-folder.ts';
import type { ExportState, StoredFile, TableState } from './state.ts';

/**
 * Writes what DynamoDB's own readers look at, now that the data files of a table are complete; the same again where an earlier run
 * was stopped at it.
 */
export async function sealTable(state: TableState, partial: string, s3Prefix: string | undefined): Promise<ManifestTable> {
  const { table, live, exportId, schema, units } = state;
  const folder = tableFolder(table, exportId);
  const prefix = [...(s3Prefix ?? '').split('/'), table].filter((part) => part !== '').join('/');
  const root = `${prefix}/${EXPORT_ROOT}/${exportId}`;
  const files = state.segments.flatMap((segment) => segment.files);
  await removeUnlisted(join(partial, folder, 'data'), new Set(files.map(({ name }) => name)));
  const listed = files.map(({ itemCount, md5, etag, name }) => ({ itemCount, md5, etag, key: `${root}/data/${name}` }));
  const manifests = await writeManifests(join(partial, folder), summaryOf(state, files, { prefix, root }), listed);
  const data = files.map(({ name, bytes, sha256 }) => ({ path: `data/${name}`, bytes, sha256 }));
  return {
    table,
    live,
    folder,
    startTime: isoOf(state.startedAt),
    endTime: isoOf(state.endedAt),
    itemCount: sum(files, 'itemCount'),
    textBytes: sum(files, 'textBytes'),
    consumedCapacity: units,
    schema,
    files: [...manifests, ...data].map((file) => ({ ...file, path: `${folder}/${file.path}` })),
  };
}

/** The members of manifest-summary.json. Where the files will be stored and how is not known here. */
function summaryOf(state: TableState, files: readonly StoredFile[], { prefix, root }: { prefix: string; root: string }) {
  const { exportId, arn, id, startedAt, endedAt } = state;
  return {
    version: '2020-06-30',
    exportArn: `${arn}/export/${exportId}`,
    startTime: isoOf(startedAt),
    endTime: isoOf(endedAt),
    tableArn: arn,
    tableId: id,
    exportTime: isoOf(startedAt),
    s3Bucket: 'local',
    s3Prefix: prefix,
    s3SseAlgorithm: null,
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${root}/${FILE_LIST}.json`,
    billedSizeBytes: sum(files, 'textBytes'),
    itemCount: sum(files, 'itemCount'),
    outputFormat: 'DYNAMODB_JSON',
    exportType: 'FULL_EXPORT',
    [PART]: 1,
  };
}

/** What `manifest.json` says. */
export function manifestOf(
  state: ExportState,
  tables: readonly ManifestTable[],
  { sorted, redact }: { sorted: boolean; redact: object | undefined },
): ExportManifest {
  return {
    tool: state.tool,
    source: state.target.label,
    startTime: isoOf(state.startedAt),
    endTime: isoOf(Math.max(...state.tables.map(({ endedAt }) => endedAt ?? 0))),
    note: NO_SNAPSHOT,
    sorted,
    redacted: redact !== undefined,
    tables,
  };
}

function sum(files: readonly StoredFile[], member: 'itemCount' | 'textBytes'): number {
  return files.reduce((total, file) => total + file[member], 0);
}

function isoOf(millis: number | null): string {
  return new Date(millis ?? 0).toISOString();
}
