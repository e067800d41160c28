import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { exportTables, type ExportOptions } from '../../src/app/move/export/export-tables.ts';
import type { Exported } from '../../src/app/move/export/state.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { findExport } from '../../src/files/export-reader.ts';
import { verifyExport } from '../../src/files/verify-export.ts';

/** An export with everything as usual but for what is given. */
export function runExport(dynamo: Dynamo, options: Partial<ExportOptions> & { folder: string }): Promise<Exported> {
  return exportTables(dynamo, {
    tables: ['mqtt_msg'],
    segments: 2,
    maxRcu: undefined,
    sorted: false,
    redact: undefined,
    s3Prefix: undefined,
    resume: false,
    restart: false,
    force: false,
    retryForMs: 1_000,
    tool: 'test',
    command: 'export',
    liveName: (table) => table,
    signal: new AbortController().signal,
    notice: () => undefined,
    now: () => 1_716_790_307_109,
    ...options,
  });
}

/** The data files of an export in the order of its manifests, each as its bytes. */
export function dataFiles({ folder, manifest }: Exported): Buffer[] {
  return manifest.tables.flatMap((table) =>
    readFileSync(join(folder, table.folder, 'manifest-files.json'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { dataFileS3Key: string }).dataFileS3Key)
      .map((key) => readFileSync(join(folder, table.folder, 'data', key.slice(key.lastIndexOf('/') + 1)))),
  );
}

export function linesIn(exported: Exported): string[] {
  return dataFiles(exported).flatMap((bytes) => gunzipSync(bytes).toString('utf8').split('\n').slice(0, -1));
}

/** Every file below a folder, as a path that begins there. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What is found to be wrong with an export. */
export async function faultsOf(folder: string): Promise<string[]> {
  const faults: string[] = [];
  const found = await findExport(folder);
  for await (const { file, what } of verifyExport(found, { signal: new AbortController().signal }))
    faults.push(`${file} ${what}`);
  return faults;
}

/** Every line of every data file below a folder. */
export function linesBelow(folder: string): string[] {
  const data = filesBelow(folder).filter((path) => path.endsWith('.json.gz'));
  return data.flatMap((path) =>
    gunzipSync(readFileSync(join(folder, path)))
      .toString('utf8')
      .split('\n')
      .slice(0, -1),
  );
}
