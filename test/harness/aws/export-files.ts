import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Item } from '../../../src/domain/item.ts';

/** One net change of a window: no old image for an insert, no new one for a delete. */
export type Change = { keys: Item; micros: number; old?: Item; new?: Item };

/** An export as DynamoDB writes it. Times are Unix milliseconds. */
export type ExportSpec = {
  arn: string;
  tableArn: string;
  tableId: string;
  bucket: string;
  prefix: string;
  start: number;
  end: number;
  content: { at: number; items: readonly Item[] } | { from: number; to: number; changes: readonly Change[] };
  /** Data files that hold something; one more is empty, as that of an empty partition. */
  files?: number;
};

export type WrittenExport = { files: Map<string, Buffer>; summaryKey: string; itemCount: number; billedSizeBytes: number };

/** The objects of an export by their keys: `[prefix/]AWSDynamoDB/<ExportId>/...`. */
export function exportFiles(spec: ExportSpec): WrittenExport {
  const id = spec.arn.slice(spec.arn.lastIndexOf('/') + 1);
  const root = `${spec.prefix === '' ? '' : `${spec.prefix}/`}AWSDynamoDB/`;
  const folder = `${root}${id}/`;
  const incremental = 'from' in spec.content;
  // all incremental exports share one data folder
  const data = incremental ? `${root}data/` : `${folder}data/`;
  const files = new Map<string, Buffer>([[`${folder}_started`, Buffer.alloc(0)]]);
  const lines = 'from' in spec.content ? spec.content.changes.map(changeLine) : spec.content.items.map(itemLine);
  const parts = dealt(lines, spec.files ?? 2);
  const entries = parts.map((part, index) => {
    const key = `${data}${nameOf(`${spec.arn} ${index}`)}.json.gz`;
    const bytes = gzipSync(part.map((line) => `${line}\n`).join(''));
    files.set(key, bytes);
    const md5 = createHash('md5').update(bytes).digest();
    const etag = `${createHash('md5').update(md5).digest('hex')}-1`;
    return { itemCount: part.length, md5Checksum: md5.toString('base64'), etag, dataFileS3Key: key };
  });
  const billedSizeBytes = lines.reduce((sum, line) => sum + line.length, 0);
  const summary = {
    version: incremental ? '2023-08-01' : '2020-06-30',
    exportArn: spec.arn,
    startTime: iso(spec.start),
    endTime: iso(spec.end),
    tableArn: spec.tableArn,
    tableId: spec.tableId,
    ...('from' in spec.content
      ? { exportFromTime: iso(spec.content.from), exportToTime: iso(spec.content.to) }
      : { exportTime: iso(spec.content.at) }),
    s3Bucket: spec.bucket,
    s3Prefix: spec.prefix === '' ? null : spec.prefix,
    s3SseAlgorithm: 'AES256',
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${folder}manifest-files.json`,
    billedSizeBytes,
    itemCount: lines.length,
    outputFormat: 'DYNAMODB_JSON',
    ...(incremental ? { outputView: 'NEW_AND_OLD_IMAGES' } : {}),
    exportType: incremental ? 'INCREMENTAL_EXPORT' : 'FULL_EXPORT',
  };
  manifest(files, `${folder}manifest-files`, `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
  manifest(files, `${folder}manifest-summary`, JSON.stringify(summary));
  return { files, summaryKey: `${folder}manifest-summary.json`, itemCount: lines.length, billedSizeBytes };
}

/** Fourteen digits of milliseconds and eight of a random number. */
export function exportId(start: number, random: string): string {
  return `${String(start).padStart(14, '0')}-${createHash('sha256').update(random).digest('hex').slice(0, 8)}`;
}

function manifest(files: Map<string, Buffer>, path: string, text: string): void {
  files.set(`${path}.json`, Buffer.from(text));
  files.set(`${path}.md5`, Buffer.from(createHash('md5').update(text).digest('base64')));
}

const itemLine = (item: Item) => JSON.stringify({ Item: item });

function changeLine({ keys, micros, old, new: now }: Change): string {
  return JSON.stringify({
    Metadata: { WriteTimestampMicros: { N: String(micros) } },
    Keys: keys,
    ...(old === undefined ? {} : { OldImage: old }),
    ...(now === undefined ? {} : { NewImage: now }),
  });
}

/** Lines dealt out to so many files, and an empty one. */
function dealt(lines: readonly string[], count: number): string[][] {
  const parts: string[][] = Array.from({ length: count + 1 }, () => []);
  for (const [index, line] of lines.entries()) parts[index % count]!.push(line);
  return parts;
}

/** Twenty-six characters of lower-case base32. */
function nameOf(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest();
  return [...bytes.subarray(0, 26)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('');
}

const iso = (millis: number) => new Date(millis).toISOString();
