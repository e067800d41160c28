/** Buckets with their objects, in memory. `denied` buckets are there and not for this user. */
export type S3State = {
  buckets: Map<string, Map<string, Buffer>>;
  denied: Set<string>;
  /** Keys and folders in one page of a listing. */
  pageSize: number;
};

export type S3Reply = { status: number; body?: string | Buffer; headers?: Record<string, string> };

/** The object under a key, or undefined; a bucket that is missing has none. */
export function objectsBelow({ buckets }: S3State, bucket: string, prefix: string): [string, Buffer][] {
  const objects = [...(buckets.get(bucket) ?? new Map<string, Buffer>())];
  return objects.filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Answers what the program asks of S3, path style: HEAD and GET of a bucket, GET and PUT of an object. */
export function answerS3(state: S3State, method: string, url: string, body: Buffer): S3Reply {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, name = '', ...rest] = pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const bucket = state.buckets.get(name);
  if (state.denied.has(name)) return fault(403, 'AccessDenied', 'Access Denied');
  if (bucket === undefined) return fault(404, 'NoSuchBucket', 'The specified bucket does not exist');
  if (method === 'HEAD' && key === '') return { status: 200, headers: { 'x-amz-bucket-region': 'eu-west-1' } };
  if (method === 'PUT') {
    bucket.set(key, body);
    return { status: 200, headers: { etag: '"x"' } };
  }
  if (key === '') return listing(state, name, searchParams);
  const object = bucket.get(key);
  if (object === undefined) return fault(404, 'NoSuchKey', 'The specified key does not exist.');
  return { status: 200, body: object, headers: { 'content-type': 'binary/octet-stream' } };
}

/** ListObjectsV2: keys in order, folders by the delimiter, in pages. */
function listing(state: S3State, name: string, parameters: URLSearchParams): S3Reply {
  const prefix = parameters.get('prefix') ?? '';
  const delimiter = parameters.get('delimiter') ?? '';
  const after = parameters.get('continuation-token') ?? '';
  const entries = new Map<string, string>();
  for (const [key, bytes] of objectsBelow(state, name, prefix)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(key, `<Contents><Key>${escaped(key)}</Key><Size>${bytes.length}</Size></Contents>`);
    else {
      const folder = key.slice(0, end + delimiter.length);
      entries.set(folder, `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`);
    }
  }
  const rest = [...entries].filter(([entry]) => entry > after);
  const page = rest.slice(0, state.pageSize);
  const last = page.at(-1)?.[0];
  const more = rest.length > page.length && last !== undefined;
  const next = more ? `<NextContinuationToken>${escaped(last)}</NextContinuationToken>` : '';
  const head = `<Name>${name}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>`;
  const xml = page.map(([, entry]) => entry).join('');
  return { status: 200, body: `<ListBucketResult>${head}<IsTruncated>${more}</IsTruncated>${next}${xml}</ListBucketResult>` };
}

function fault(status: number, code: string, message: string): S3Reply {
  return { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
