import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const md5 = (content: string | Uint8Array) => createHash('md5').update(content).digest('base64');

type AwsExport = {
  table: string;
  lines: readonly object[];
  view?: 'NEW_AND_OLD_IMAGES' | 'NEW_IMAGE';
  format?: string;
  files?: number;
};

/**
 * Writes an export as DynamoDB itself leaves it in a bucket, below a folder; with a view an incremental one, whose data files
 * stand beside the folder of its manifests.
 */
export function awsExport(bucket: string, { table, lines, view, format = 'DYNAMODB_JSON', files = 2 }: AwsExport): void {
  const id = '01693685827463-2d8752fd';
  const root = join(bucket, 'AWSDynamoDB');
  const folder = join(root, id);
  const data = view === undefined ? join(folder, 'data') : join(root, 'data');
  mkdirSync(data, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const listed = Array.from({ length: files }, (_, file) => {
    const own = lines.filter((__, index) => index % files === file);
    const bytes = gzipSync(own.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const name = `${String(file).padStart(26, 'a')}.json.gz`;
    writeFileSync(join(data, name), bytes);
    const key = view === undefined ? `AWSDynamoDB/${id}/data/${name}` : `AWSDynamoDB/data/${name}`;
    return JSON.stringify({ itemCount: own.length, md5Checksum: md5(bytes), etag: 'x-1', dataFileS3Key: key });
  });
  const arn = `arn:aws:dynamodb:us-east-1:123456789012:table/${table}`;
  const times =
    view === undefined
      ? { exportTime: '2023-08-01T01:00:00.000Z', exportType: 'FULL_EXPORT' }
      : {
          exportFromTime: '2023-08-01T00:00:00.000Z',
          exportToTime: '2023-08-01T01:00:00.000Z',
          exportType: 'INCREMENTAL_EXPORT',
          outputView: view,
        };
  const summary = {
    version: '2023-08-01',
    exportArn: `${arn}/export/${id}`,
    tableArn: arn,
    tableId: '12345a12-abcd-123a-ab12-1234abc12345',
    ...times,
    s3Bucket: 'bucket',
    s3Prefix: null,
    manifestFilesS3Key: `AWSDynamoDB/${id}/manifest-files.json`,
    billedSizeBytes: 0,
    itemCount: lines.length,
    outputFormat: format,
  };
  for (const [name, text] of [
    ['manifest-summary', JSON.stringify(summary)],
    ['manifest-files', `${listed.join('\n')}\n`],
  ] as const) {
    writeFileSync(join(folder, `${name}.json`), text);
    writeFileSync(join(folder, `${name}.md5`), md5(text));
  }
}
