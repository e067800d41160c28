import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Item } from '../../src/domain/item.ts';

/** An item before a window and after it; undefined where there was none. */
export type ImagePair = { key: Item; before?: Item | undefined; after?: Item | undefined };

/** A table as DynamoDB itself exports it: as of a time, or what changed in a window. Unix milliseconds. */
export type NativeTable = { table: string } & (
  | { at: number; items: readonly Item[] }
  | { from: number; to: number; changes: readonly ImagePair[]; view?: 'NEW_AND_OLD_IMAGES' | 'NEW_IMAGE'; perFile?: number }
);

const md5 = (bytes: string | Buffer) => createHash('md5').update(bytes).digest('base64');
const iso = (millis: number) => new Date(millis).toISOString();

/** Writes exports of tables into a folder as they stand in a bucket: manifests of each, and one data folder of all incremental ones. */
export function nativeExport(folder: string, tables: readonly NativeTable[]): void {
  for (const [index, table] of tables.entries()) {
    const id = `${String(1_714_800_000_000 + index).padStart(14, '0')}-${randomBytes(4).toString('hex')}`;
    const own = join(folder, 'AWSDynamoDB', id);
    const isFull = 'at' in table;
    const data = isFull ? `AWSDynamoDB/${id}/data` : 'AWSDynamoDB/data';
    mkdirSync(own, { recursive: true });
    mkdirSync(join(folder, data), { recursive: true });
    writeFileSync(join(own, '_started'), '');
    const lines = isFull ? table.items.map((Item) => ({ Item })) : table.changes.map((pair) => changeLine(pair, table.view));
    const files = inFiles(lines, isFull ? 1_000 : (table.perFile ?? 3)).map((some) => {
      const bytes = gzipSync(some.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const key = `${data}/${randomBytes(13).toString('hex')}.json.gz`;
      writeFileSync(join(folder, key), bytes);
      return { itemCount: some.length, md5Checksum: md5(bytes), etag: 'x-1', dataFileS3Key: key };
    });
    const window = isFull
      ? { exportTime: iso(table.at), exportType: 'FULL_EXPORT' }
      : {
          exportFromTime: iso(table.from),
          exportToTime: iso(table.to),
          exportType: 'INCREMENTAL_EXPORT',
          outputView: table.view ?? 'NEW_AND_OLD_IMAGES',
        };
    const summary = {
      version: isFull ? '2020-06-30' : '2023-08-01',
      tableArn: `arn:aws:dynamodb:eu-west-1:000000000000:table/${table.table}`,
      s3Bucket: 'bucket',
      s3Prefix: null,
      manifestFilesS3Key: `AWSDynamoDB/${id}/manifest-files.json`,
      itemCount: lines.length,
      outputFormat: 'DYNAMODB_JSON',
      ...window,
    };
    for (const [name, text] of [
      ['manifest-files', files.map((file) => `${JSON.stringify(file)}\n`).join('')],
      ['manifest-summary', JSON.stringify(summary)],
    ] as const) {
      writeFileSync(join(own, `${name}.json`), text);
      writeFileSync(join(own, `${name}.md5`), md5(text));
    }
  }
}

function changeLine({ key, before, after }: ImagePair, view: string | undefined): object {
  return {
    Metadata: { WriteTimestampMicros: { N: '1714800000000000' } },
    Keys: key,
    ...(before === undefined || view === 'NEW_IMAGE' ? {} : { OldImage: before }),
    ...(after === undefined ? {} : { NewImage: after }),
  };
}

/** Always one file at least: a partition without items has one, too. */
function inFiles<T>(lines: readonly T[], size: number): T[][] {
  const files: T[][] = [];
  for (let at = 0; at === 0 || at < lines.length; at += size) files.push(lines.slice(at, at + size));
  return files;
}
