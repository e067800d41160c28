import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

type Line = Record<string, unknown>;

/**
 * Another reader of the layout, written after the checks that AWS Labs' Bulk Executor makes before it loads an export, in their
 * order: the path, both manifests with their digests, the format, the table, the sum of the counts, the digests of the data, and
 * the key of each item. `bucket` is a folder that stands for the root of a bucket.
 */
export function readAsAws(bucket: string, prefix: string, key: readonly string[]): { summary: Line; lines: Line[] } {
  if (!`/${prefix}`.includes('/AWSDynamoDB/')) throw new Error('1: the path has no AWSDynamoDB');
  const text = (name: string, step: number) => {
    const path = join(bucket, prefix, name);
    if (!existsSync(path)) throw new Error(`${step}: ${name} is missing`);
    return readFileSync(path, 'utf8');
  };
  const manifest = (name: string, step: number) => {
    const json = text(`${name}.json`, step);
    if (md5(json) !== text(`${name}.md5`, step).trim()) throw new Error(`${step}: ${name}.json is not what its digest says`);
    return json;
  };
  const summary = JSON.parse(manifest('manifest-summary', 2)) as Record<string, unknown>;
  if (summary['manifestFilesS3Key'] !== `${prefix}/manifest-files.json`) throw new Error('3: the list of files is elsewhere');
  const files = manifest('manifest-files', 3)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { itemCount: number; md5Checksum: string; etag: string; dataFileS3Key: string });
  if (summary['outputFormat'] !== 'DYNAMODB_JSON') throw new Error('4: another format');
  if (!/^arn:.*:dynamodb:.*\/[^/]+$/.test(String(summary['tableArn']))) throw new Error('5: no table');
  if (files.reduce((sum, { itemCount }) => sum + itemCount, 0) !== summary['itemCount']) throw new Error('6: the counts differ');
  const lines = files.flatMap(({ itemCount, md5Checksum, etag, dataFileS3Key }) => {
    const path = join(bucket, dataFileS3Key);
    if (!existsSync(path)) throw new Error(`7: ${dataFileS3Key} is missing`);
    const bytes = readFileSync(path);
    if (md5(bytes) !== md5Checksum) throw new Error(`7: ${dataFileS3Key} has another digest`);
    const digest = createHash('md5').update(Buffer.from(md5Checksum, 'base64')).digest('hex');
    if (etag !== `${digest}-1`) throw new Error(`7: ${dataFileS3Key} has another ETag`);
    const own = gunzipSync(bytes)
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    if (own.length !== itemCount) throw new Error(`8: ${dataFileS3Key} has ${own.length} lines`);
    return own;
  });
  for (const { Item: item } of lines) {
    for (const name of key) if (!Object.hasOwn(item as object, name)) throw new Error(`9: an item has no ${name}`);
  }
  return { summary, lines };
}

function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('base64');
}
