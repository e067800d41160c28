import { parsedObject } from '../json/object.ts';
import { isCount, type ManifestFault } from './summary.ts';

/** One data file in `manifest-files.json`. `md5` is of the gzipped bytes, in base64; `key` starts at the root of the bucket. */
export type ListedFile = { itemCount: number; md5: string; etag: string | undefined; key: string };

/** Reads `manifest-files.json`: one object a line. */
export function parseFileList(text: string): { files: ListedFile[] } | ManifestFault {
  const files: ListedFile[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { itemCount, md5Checksum: md5, etag, dataFileS3Key: key } = parsedObject(line) ?? {};
    if (!isCount(itemCount) || typeof md5 !== 'string' || typeof key !== 'string') {
      return { fault: `line ${index + 1} is not of a data file: itemCount, md5Checksum, dataFileS3Key` };
    }
    files.push({ itemCount, md5, etag: typeof etag === 'string' ? etag : undefined, key });
  }
  const names = files.map(({ key }) => fileNameOf(key));
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  return twice === undefined ? { files } : { fault: `names ${twice} twice` };
}

/** The lines of `manifest-files.json`. */
export function fileListText(files: readonly ListedFile[]): string {
  return files
    .map(({ itemCount, md5, etag, key }) => `${JSON.stringify({ itemCount, md5Checksum: md5, etag, dataFileS3Key: key })}\n`)
    .join('');
}

/** The last part of a key. */
export function fileNameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
